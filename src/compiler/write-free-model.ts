import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Data, dtypeOf } from './dtype.ts';
import { withFreeBatch } from './free-axis.ts';
import type { Value } from './graph.ts';
import { writeModel } from './model.ts';
import { type Traceable, trace } from './trace.ts';

/** Primes that no axis of a layer is likely to have, near each other: what is small for one is small for all. */
const batches = [211, 223, 227] as const;

/** An input of a function; `null` is the batch axis, and the first. */
export interface FreeInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
}

/**
 * A function of tensors as an ONNX file for every batch size, with the values that its variables have now.
 *
 * @example
 * ```ts
 * const input = { name: 'x', shape: [null, 2], dtype: 'float32' };
 * const bytes = await writeFreeModel(({ x }) => ({ y: tf.square(x) }), [input]);
 * ```
 *
 * @param order names of all outputs, in the order of the file; default that of the function's object, in which JavaScript
 *   puts names such as '1' first.
 * @throws UnequalError if it cannot be traced, draws random numbers, assigns variables, or is another function for another
 *   batch size.
 */
export async function writeFreeModel(
  fn: Traceable,
  inputs: readonly FreeInput[],
  order?: readonly string[],
): Promise<Uint8Array> {
  const traces = batches.map((batch) => {
    const ports = inputs.map(({ name, shape, dtype }) => ({
      name,
      shape: [batch, ...shape.slice(1)] as number[],
      dtype: dtypeOf(dtype, `input ${name}`),
    }));
    const traced = trace(fn, ports, []);
    if (traced.draws.length > 0) throw fault({ wrong: 'it draws random numbers when it predicts' });
    if (traced.writes.size > 0) throw fault({ wrong: 'it changes its own state when it predicts' });
    return { batch, traced, outputs: [...traced.outputs.values()].map((sym) => traced.emitter.full(sym)) };
  });
  const [first] = traces;
  const names = new Set(inputs.map(({ name }) => name));
  const variables = new Map([...first.traced.reads].map(([variable, value]) => [value.input, variable]));
  const values = new Map<string, Data>();
  for (const [name, variable] of variables) if (name !== undefined) values.set(name, await valuesOf(variable));
  const made = new Map<string, Value>();
  const { outputs, dims } = withFreeBatch([traces[0], traces[1], traces[2]], (name, graph) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const port = first.traced.inputs.find((value) => value.input === name);
    const variable = variables.get(name);
    const data = values.get(name);
    const value =
      names.has(name) && port !== undefined
        ? graph.input(name, port.dtype, port.shape)
        : variable &&
          data &&
          graph.constant(data, variable.shape, dtypeOf(variable.dtype, `variable ${variable.name}`));
    if (value !== undefined) made.set(name, value);
    return value;
  });
  const byName = new Map([...first.traced.outputs.keys()].map((name, k) => [name, outputs[k]]));
  const ordered = order ? new Map(order.map((name) => [name, byName.get(name)!])) : byName;
  return writeModel(ordered, { dims }).bytes;
}

async function valuesOf(variable: tf.Variable): Promise<Data> {
  return (await variable.data()) as Data;
}
