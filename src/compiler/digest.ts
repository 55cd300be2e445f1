/** What a graph computes, as a list that can be compared with that of another trace of the same function. */
import { type Attribute, type Body, bodies, reachable, type Value } from './graph.ts';

/** One line for each node, in the order of evaluation, and one for each output. */
export type Digest = readonly string[];

/** The digest of the graph behind named values. */
export function digestOf(results: ReadonlyMap<string, Value>): Digest {
  const lines: string[] = [];
  const numbers = new Map<Value, number>();
  const name = (value: Value | null): string => {
    if (value === null) return '-';
    if (value.input !== undefined) return `<${value.input} ${value.dtype}[${value.shape}]>`;
    if (value.data !== undefined) return constant(value);
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    return `%${numbers.get(value)}`;
  };
  for (const node of reachable([...results.values()])) {
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}=${attribute(value)}`);
    for (const body of bodies(node)) attributes.push(inner(body, name));
    lines.push(
      `${node.op}(${node.inputs.map(name).join(' ')}) ${attributes.join(' ')} → ${node.outputs.map(name).join(' ')}`,
    );
  }
  for (const [port, value] of results) lines.push(`${port} = ${name(value)} ${value.dtype}[${value.shape}]`);
  return lines;
}

/** How two digests differ, for people; `undefined` if they do not. */
export function difference(before: Digest, now: Digest): string | undefined {
  const at = now.findIndex((line, i) => line !== before[i]);
  if (at < 0) return before.length === now.length ? undefined : 'other operations';
  const [then, here] = [numbersIn(before[at] ?? ''), numbersIn(now[at])];
  const k = here.findIndex((number, i) => number !== then[i]);
  if (k < 0 || here.length !== then.length || before.length !== now.length) return 'other operations';
  // Of more than one number there is a checksum.
  const [count, isMany] = here[k].split('·');
  return isMany === undefined
    ? `the number ${then[k]} is ${here[k]} now`
    : `other values are in a constant of ${count} numbers`;
}

/** The constants of a line. */
const numbersIn = (line: string): string[] => [...line.matchAll(/#(\S+?)#/g)].map(([, number]) => number);

function constant({ data, dtype, shape }: Value): string {
  if (data!.length === 1)
    return `#${dtype === 'float32' ? Number(Number(data![0]).toPrecision(7)) : data![0]}#${dtype}[${shape}]`;
  return `#${data!.length}·${checksum(data!)}#${dtype}[${shape}]`;
}

function checksum({ buffer, byteOffset, byteLength }: NonNullable<Value['data']>): string {
  let [a, b] = [0x811c9dc5, 0x1000193];
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i], 0x01000193);
    b = Math.imul(b + bytes[i], 0x85ebca6b) ^ (b >>> 13);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}

function attribute(value: Attribute): string {
  if (typeof value !== 'object') return String(value);
  if ('graph' in value) return 'body';
  if ('float' in value) return `#${value.float}#`;
  return 'floats' in value ? value.floats.map((x) => `#${x}#`).join(',') : String(value);
}

/** A body's lines, its free values named in the order of its inputs. */
function inner({ inputs, outputs }: Body, name: (value: Value | null) => string): string {
  const free = inputs.map(name).join(' ');
  const nodes = reachable(outputs).map(
    (node) =>
      `${node.op}(${node.inputs.map(name).join(' ')}) ${Object.entries(node.attributes)
        .map(([key, value]) => `${key}=${attribute(value)}`)
        .join(' ')} → ${node.outputs.map(name).join(' ')}`,
  );
  return `{${free}: ${nodes.join('; ')} → ${outputs.map(name).join(' ')}}`;
}
