import * as tf from '@tensorflow/tfjs';
import { addressOf, type WasmKernel, zeros } from './backend.ts';
import { delegateToCpu } from './delegate.ts';
import { gemmOn } from './gemm.ts';

/**
 * Batched matrix product with broadcasting, either side transposed. The stock kernel is fast only for one matrix and
 * no transpose: it is 10 to 15 times slower for the products of gradients, dX = dY·Wᵀ and dW = Xᵀ·dY.
 */
export const batchMatMul: WasmKernel = (args) => {
  const { inputs, attrs, backend } = args;
  const a = inputs.a!;
  const b = inputs.b!;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    return delegateToCpu('BatchMatMul')(args);
  }
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const { transposeA, transposeB } = attrs;
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const n = transposeB ? bRows : bColumns;
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const out = zeros(backend, [...batchShape, m, n]);
  const batch = tf.util.sizeFromShape(batchShape);
  const aAt = offsets(a.shape.slice(0, -2), batchShape, aRows * aColumns);
  const bAt = offsets(b.shape.slice(0, -2), batchShape, bRows * bColumns);

  // The columns of the right side must be adjacent.
  const rank = b.shape.length;
  const perm = [...b.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2);
  const right = transposeB
    ? (tf.getKernel('Transpose', 'wasm').kernelFunc({ inputs: { x: b }, attrs: { perm }, backend }) as tf.TensorInfo)
    : b;
  const left = transposeA ? { row: 4, column: 4 * aColumns } : { row: 4 * aColumns, column: 4 };
  const { multiply } = gemmOn(backend);
  for (let i = 0; i < batch; i++) {
    multiply(
      ...([m, n, k] as const),
      { address: addressOf(backend, a) + 4 * aAt(i), ...left },
      { address: addressOf(backend, right) + 4 * bAt(i), row: 4 * n },
      { address: addressOf(backend, out) + 4 * i * m * n, row: 4 * n },
    );
  }
  if (transposeB) backend.disposeData(right.dataId);
  return out;
};

/** Where the matrix of the i-th element of a broadcast batch starts, in floats. */
function offsets(shape: number[], batchShape: number[], matrixSize: number): (index: number) => number {
  const padded = new Array(batchShape.length - shape.length).fill(1).concat(shape);
  return (index) => {
    let rest = index;
    let offset = 0;
    let stride = matrixSize;
    for (let axis = padded.length - 1; axis >= 0; axis--) {
      if (padded[axis] !== 1) offset += (rest % batchShape[axis]!) * stride;
      rest = Math.floor(rest / batchShape[axis]!);
      stride *= padded[axis];
    }
    return offset;
  };
}
