import * as tf from '@tensorflow/tfjs';

export interface EncoderOptions {
  /** Words of the sequence. */
  length?: number;
  vocabulary?: number;
  /** Width of a word's vector. */
  width?: number;
  heads?: number;
  blocks?: number;
  classes?: number;
}

/** Attention of several heads over queries, keys and values [n, length, width], which are already projected. */
class Attention extends tf.layers.Layer {
  static className = 'BenchAttention';

  constructor(private readonly heads: number) {
    super({});
  }

  override computeOutputShape(shapes: tf.Shape | tf.Shape[]): tf.Shape {
    return shapes[0] as tf.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const [q, k, v] = (inputs as tf.Tensor3D[]).map((x) => this.split(x));
      const [, , length, depth] = q.shape;
      const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(depth)));
      return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [-1, length, this.heads * depth]);
    });
  }

  private split(x: tf.Tensor3D): tf.Tensor4D {
    const [, length, width] = x.shape;
    return tf.transpose(tf.reshape(x, [-1, length, this.heads, width / this.heads]), [0, 2, 1, 3]) as tf.Tensor4D;
  }
}

/** Adds a learned vector for each place of the sequence. */
class Places extends tf.layers.Layer {
  static className = 'BenchPlaces';
  private vectors!: tf.LayerVariable;

  override build([, length, width]: tf.Shape): void {
    const initializer = tf.initializers.randomNormal({ stddev: 0.02, seed: 1 });
    this.vectors = this.addWeight('places', [length, width], 'float32', initializer);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.add(Array.isArray(inputs) ? inputs[0] : inputs, this.vectors.read()));
  }
}

/** A transformer encoder that classifies a sequence of words, as PyTorch's `nn.TransformerEncoderLayer` has its blocks. */
export function encoder(options: EncoderOptions = {}): tf.LayersModel {
  const { length = 64, vocabulary = 1000, width = 128, heads = 4, blocks = 2, classes = 10 } = options;
  const { dense, add, layerNormalization } = tf.layers;
  const normalise = (x: tf.SymbolicTensor) => layerNormalization({ epsilon: 1e-5 }).apply(x) as tf.SymbolicTensor;
  const linear = (units: number, x: tf.SymbolicTensor, activation?: 'relu' | 'softmax') =>
    dense({ units, activation }).apply(x) as tf.SymbolicTensor;
  const sum = (...xs: tf.SymbolicTensor[]) => add().apply(xs) as tf.SymbolicTensor;
  const words = tf.input({ shape: [length] });
  let x = tf.layers.embedding({ inputDim: vocabulary, outputDim: width }).apply(words) as tf.SymbolicTensor;
  x = new Places({}).apply(x) as tf.SymbolicTensor;
  for (let k = 0; k < blocks; k++) {
    const parts = [linear(width, x), linear(width, x), linear(width, x)];
    const attended = new Attention(heads).apply(parts) as tf.SymbolicTensor;
    x = normalise(sum(x, linear(width, attended)));
    x = normalise(sum(x, linear(width, linear(4 * width, x, 'relu'))));
  }
  const pooled = tf.layers.globalAveragePooling1d({}).apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs: words, outputs: linear(classes, pooled, 'softmax') });
}
