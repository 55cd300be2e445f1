import * as tf from '@tensorflow/tfjs';

/** Where the weights of a network come from: an address, or files that the visitor chose. */
export type NetworkSource = string | readonly File[];

/** Pictures that go through the network at once. */
const together = 8;

/** A trained network for pictures without its head: it turns them into features. */
export class Body {
  private constructor(
    private readonly network: tf.LayersModel,
    private readonly size: readonly [height: number, width: number],
  ) {}

  /** @throws where it cannot be loaded, or is no network for colour pictures of one size with a global average pooling. */
  static async load(source: NetworkSource): Promise<Body> {
    const whole = await tf.loadLayersModel(
      typeof source === 'string' ? source : tf.io.browserFiles(modelFirst(source)),
    );
    const pooling = whole.layers.findLast((layer) => layer.getClassName() === 'GlobalAveragePooling2D');
    if (!pooling) throw new Error('It has no global average pooling, behind which features could be taken.');
    const [, height, width, channels] = whole.inputs[0].shape;
    if (whole.inputs.length !== 1 || channels !== 3 || !height || !width)
      throw new Error('It is not made for colour pictures of one size.');
    return new Body(tf.model({ inputs: whole.inputs, outputs: pooling.output as tf.SymbolicTensor }), [height, width]);
  }

  /** A row of features for each picture. Pixels go in from −1 to 1, as MobileNet takes them. */
  async features(pictures: readonly ImageData[]): Promise<Float32Array[]> {
    const rows: Float32Array[] = [];
    for (let from = 0; from < pictures.length; from += together) {
      const out = tf.tidy(() => {
        const pixels = pictures.slice(from, from + together).map((picture) => tf.browser.fromPixels(picture));
        const input = tf.image.resizeBilinear(tf.stack(pixels) as tf.Tensor4D, [...this.size]);
        return this.network.predict(input.div(127.5).sub(1)) as tf.Tensor2D;
      });
      const values = (await out.data()) as Float32Array;
      const [count, width] = out.shape;
      out.dispose();
      for (let k = 0; k < count; k++) rows.push(values.slice(k * width, (k + 1) * width));
    }
    return rows;
  }
}

/** The order that TensorFlow.js wants them in. */
function modelFirst(files: readonly File[]): File[] {
  const isModel = ({ name }: File): boolean => name.endsWith('.json');
  if (files.filter(isModel).length !== 1 || files.length < 2)
    throw new Error('Choose its model.json and the files with its weights, all at once.');
  return files.toSorted((a, b) => Number(isModel(b)) - Number(isModel(a)));
}
