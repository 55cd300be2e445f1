import { fault } from '../errors.ts';
import type { Signature } from './inputs.ts';
import type { Program } from './program.ts';
import type { Traceable } from './trace.ts';
import { markUncompiled } from './uncompiled.ts';
import { type VersionOptions, Versions } from './versions.ts';

/** Sets of input shapes whose programs are kept. */
const most = 32;

/** The programs of one function, by the shapes of its inputs. They may differ in the open dimensions alone. */
export class Programs {
  readonly #versions = new Map<string, Versions>();
  /** The inputs and outputs of the first program. */
  #first: Pick<Program, 'inputs' | 'outputs'> | undefined;

  /** @param name what the function is called in errors. */
  constructor(
    private readonly fn: Traceable,
    private readonly signature: Signature,
    private readonly name: string,
    private readonly options: VersionOptions,
  ) {}

  get all(): readonly Program[] {
    return [...this.#versions.values()].flatMap(({ programs }) => programs);
  }

  /** The program for inputs of these shapes. @throws UnequalError if its outputs are not those of the others. */
  async of(shapes: readonly (readonly number[])[]): Promise<Program> {
    const { signature } = this;
    const key = shapes.join(';');
    let versions = this.#versions.get(key);
    if (versions === undefined) {
      const ports = signature.names.map((name, i) => ({ name, dtype: signature.dtype(name), shape: shapes[i] }));
      versions = new Versions(this.fn, ports, this.options);
    }
    let program: Program;
    try {
      program = await versions.program();
    } catch (error) {
      throw markUncompiled(error);
    }
    if (!this.#versions.has(key)) {
      try {
        this.#consistent(program);
      } catch (error) {
        await versions.release();
        throw error;
      }
    }
    // The one that was used last comes last.
    this.#versions.delete(key);
    this.#versions.set(key, versions);
    for (const [old, stale] of this.#versions) {
      if (this.#versions.size <= most) break;
      this.#versions.delete(old);
      await stale.release();
    }
    return program;
  }

  /** Frees the sessions. */
  async release(): Promise<void> {
    const versions = [...this.#versions.values()];
    this.#versions.clear();
    await Promise.all(versions.map((each) => each.release()));
  }

  #consistent(program: Program): void {
    this.#first ??= { inputs: program.inputs, outputs: program.outputs };
    const first = this.#first;
    const show = (p: Pick<Program, 'outputs'>): string => p.outputs.map((o) => `${o.name} [${o.shape}]`).join(', ');
    const open = new Set<number>();
    for (const p of [first, program]) for (const port of p.inputs) for (const d of port.shape) open.add(d);
    const same =
      first.outputs.length === program.outputs.length &&
      program.outputs.every((o, i) => {
        const before = first.outputs[i];
        if (o.name !== before.name || o.shape.length !== before.shape.length) return false;
        return o.shape.every((d, k) => d === before.shape[k] || (open.has(d) && open.has(before.shape[k])));
      });
    if (!same)
      throw fault({
        wrong: `${this.name}: the outputs change shape between calls`,
        got: show(program),
        expected: show(first),
      });
  }
}
