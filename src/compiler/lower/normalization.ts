/** Normalisation kernels, each in as few passes over the images as its algebra allows. */
import { float, type Value } from '../graph.ts';
import { NCHW, type Sym } from '../symbol.ts';
import { kernel, type Lowerings } from './lowering.ts';

/** With given statistics: `x · a + b`, one a and b a channel. In training TensorFlow.js composes it of reductions and arithmetic. */
const batchNorm = kernel<{ varianceEpsilon: number }>(
  ({ x, mean, variance, scale, offset }, { varianceEpsilon }, e) => {
    const a = e.elementwise(scale ? [variance, scale] : [variance], (v, s) => {
      const deviation = e.unary('Sqrt', e.binary('Add', v, e.scalar(varianceEpsilon)));
      // As in the gradient, which then shares it.
      const inverse = e.unary('Reciprocal', deviation);
      return s ? e.binary('Mul', inverse, s) : inverse;
    });
    const b = e.elementwise(offset ? [mean, a, offset] : [mean, a], (m, factor, o) => {
      const shift = e.binary('Mul', m, factor);
      return o ? e.binary('Sub', o, shift) : e.unary('Neg', shift);
    });
    return e.elementwise([x, a, b], (v, factor, shift) => e.binary('Add', e.binary('Mul', v, factor), shift));
  },
);

/**
 * The fused forward pass of the layer SampleNormalization: ONNX's LayerNormalization over the whole of a sample, gain and bias laid
 * out to its size. Returns the normalised images, the means and the inverse deviations.
 */
const sampleNorm = kernel<{ epsilon: number }>(({ x, gain, bias }, { epsilon }, e) => {
  const [n, h, w, c] = x.shape;
  const size = c * h * w;
  const scale = e.expand(e.reshape(e.full(gain), [1]), [size]);
  const shift = e.reshape(e.expand(e.reshape(e.full(bias), [c, 1]), [c, h * w]), [size]);
  const statistic = { dtype: 'float32', shape: [n, 1] } as const;
  const [y, mean, inverse] = e.nodes(
    'LayerNormalization',
    [e.reshape(e.fullIn(x, NCHW), [n, size]), scale, shift],
    [{ dtype: 'float32', shape: [n, size] }, statistic, statistic],
    { axis: 1, epsilon: float(epsilon) },
  );
  const perSample = (s: Value): Sym => e.sym(e.reshape(s, [n, 1, 1, 1]));
  return [e.sym(e.reshape(y, [n, c, h, w]), [n, h, w, c], NCHW), perSample(mean), perSample(inverse)];
});

export const normalizations: Lowerings = { FusedBatchNorm: batchNorm, SampleNormalization: sampleNorm };
