/** What a call of a program reads, and what it writes into. */
import type { RunOptions } from './compiled.ts';
import type { Device } from './device.ts';
import { sizeOf } from './dtype.ts';
import { memory } from './given-memory.ts';
import type { Input, Signature } from './inputs.ts';
import type { OrtTensor } from './onnx-runtime.ts';
import type { Placed } from './placed.ts';
import type { Program } from './program.ts';
import { fillDraw } from './random.ts';
import type { Runtime } from './runtime.ts';
import { currentValue, memoryFor } from './state.ts';

interface Call {
  readonly inputs: Readonly<Record<string, Input>>;
  /** Of the inputs, in the order of the signature. */
  readonly shapes: readonly (readonly number[])[];
  /** Random numbers are those of this call under the seed. */
  readonly call: number;
  readonly seed: number;
  readonly values: RunOptions['values'];
}

/** The tensors that a session of the program is called with, and the values on a device among them. */
export function feedsOf(
  program: Program,
  signature: Signature,
  { inputs, shapes, call, seed, values }: Call,
  runtime: Runtime,
  device: Device | undefined,
): { feeds: Record<string, OrtTensor>; used: Placed[] } {
  const feeds: Record<string, OrtTensor> = {};
  const used: Placed[] = [];
  for (const [i, name] of signature.names.entries()) {
    if (!program.used.has(name)) continue;
    const data = signature.data(name, inputs[name]) as Float32Array;
    feeds[name] = new runtime.Tensor(signature.dtype(name) as 'float32', data, shapes[i]);
  }
  for (const [variable, name] of program.reads) {
    const given = values?.get(variable);
    if (given) feeds[name] = new runtime.Tensor('float32', given, variable.shape);
    else {
      const { value, input } = currentValue(variable, runtime, device);
      feeds[name] = input;
      if (value.device) used.push(value);
    }
  }
  for (const [now, name] of program.rates) {
    feeds[name] = new runtime.Tensor('float32', Float32Array.of(now()), []);
  }
  for (const { name, draw, numbers, shape, index } of program.draws) {
    fillDraw(numbers, draw.distribution, seed, call, index);
    feeds[name] = new runtime.Tensor('float32', numbers, shape);
  }
  return { feeds, used };
}

/** Memory for the outputs of a call, which are the caller's to keep, and for the next values of the variables. */
export function memoryOf({ outputs, writes }: Program, runtime: Runtime): Record<string, OrtTensor> {
  const given: Record<string, OrtTensor> = {};
  for (const { port, dtype, shape } of outputs) given[port] = memory(runtime, dtype, sizeOf(shape), shape);
  for (const [variable, name] of writes) given[name] = memoryFor(variable, runtime);
  return given;
}
