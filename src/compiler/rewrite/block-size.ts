import proto from 'onnx-proto';
import { newSession } from '../new-session.ts';
import type { Runtime } from '../runtime.ts';

const { onnx } = proto;
const sizes = new WeakMap<Runtime, Promise<number>>();

/**
 * How many channels make a block in the layout of ONNX Runtime's own convolutions on this processor: 16 with AVX-512, 8 with AVX2; 1
 * where there is no such layout. Found by reordering sixteen channels of two pixels and looking where the second pixel went.
 */
export function blockSize(runtime: Runtime): Promise<number> {
  const known = sizes.get(runtime);
  if (known) return known;
  const found = probe(runtime).catch(() => 1);
  sizes.set(runtime, found);
  return found;
}

async function probe(runtime: Runtime): Promise<number> {
  const shape = [1, 16, 1, 2];
  const dim = shape.map((dimValue) => ({ dimValue }));
  const port = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape: { dim } } } });
  const domain = 'com.microsoft.nchwc';
  const model = onnx.ModelProto.encode({
    irVersion: 10,
    opsetImport: [
      { domain: '', version: 21 },
      { domain, version: 1 },
    ],
    graph: {
      name: 'probe',
      node: [{ opType: 'ReorderInput', domain, input: ['x'], output: ['y'] }],
      input: [port('x')],
      output: [port('y')],
    },
  }).finish();
  const session = await newSession(runtime, model, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const x = Float32Array.from({ length: 32 }, (_, i) => i);
  const { y } = await session.run({ x: new runtime.Tensor('float32', x, shape) });
  await session.release();
  return (y.data as Float32Array).indexOf(1);
}
