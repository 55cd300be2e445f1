import { addressOf, floatsOf, memoryOf, sizeOf, type WasmKernel, zeros } from './backend.ts';

/**
 * Sum of the slices of x that share a segment: the gradient of an embedding or a gather. As on the `cpu` backend a
 * segment outside 0 … numSegments − 1 is dropped.
 */
export const unsortedSegmentSum: WasmKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const ids = inputs.segmentIds!;
  const segments = attrs.numSegments as number;
  const out = zeros(backend, [segments, ...x.shape.slice(ids.shape.length)]);
  const count = sizeOf(ids);
  const size = count === 0 ? 0 : sizeOf(x) / count;
  const segment = new Int32Array(memoryOf(backend).buffer, addressOf(backend, ids), count);
  const values = x.dtype === 'float32' ? floatsOf(backend, x) : (backend.readSync(x.dataId) as Int32Array);
  const sums = floatsOf(backend, out);
  for (let i = 0; i < count; i++) {
    const to = segment[i];
    if (to < 0 || to >= segments) continue;
    for (let j = 0; j < size; j++) sums[to * size + j] += values[i * size + j];
  }
  return out;
};
