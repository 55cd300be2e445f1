/** Runs in the browser of browser.test.ts: a training on the GPU, with what a person's program does beside it. */
import * as tf from '@tensorflow/tfjs';
import { uniform } from '../../src/index.ts';
import { networks, optimizers, type Trained, train, x } from './networks.ts';

export interface Asked {
  readonly net: keyof typeof networks;
  readonly engine?: 'auto' | 'compiled';
  readonly providers?: string[];
  /** The step after which the GPU is lost. */
  readonly lose?: number;
  /** Whether callbacks look at the weights, after every batch too. */
  readonly looks?: boolean;
}

export interface Answer {
  readonly trained?: Trained;
  readonly error?: string;
  /** Sums of predictions, by the callbacks. */
  readonly seen: number[];
  /** The adapter. */
  readonly gpu?: string;
}

declare global {
  var trainOnGpu: ((asked: Asked) => Promise<Answer>) | undefined;
}

interface Gpu {
  readonly adapterInfo?: { readonly vendor: string; readonly architecture: string; readonly description: string };
  destroy(): void;
}

globalThis.trainOnGpu = async ({ net, engine = 'compiled', providers, lose, looks }: Asked) => {
  await tf.setBackend('cpu');
  const seen: number[] = [];
  let model: tf.LayersModel;
  const look = () => seen.push(tf.tidy(() => (model.predict(x) as tf.Tensor).square().sum().dataSync()[0]));
  const device = async () => {
    const ort = (await import('onnxruntime-web/webgpu')) as unknown as { env: { webgpu: { device: Promise<Gpu> } } };
    return ort.env.webgpu.device;
  };
  try {
    const make = () => {
      model = networks[net]();
      return model;
    };
    const trained = await train(make, optimizers.momentum, {
      engine,
      providers,
      method: uniform(),
      callbacks: looks ? { onBatchEnd: async () => void look(), onEpochEnd: async () => void look() } : undefined,
      onStep: lose === undefined ? undefined : async ({ step }) => void (step === lose && (await device()).destroy()),
    });
    const info = providers && lose === undefined ? (await device())?.adapterInfo : undefined;
    return { trained, seen, gpu: info && `${info.vendor} ${info.architecture} ${info.description}` };
  } catch (error) {
    return { error: String(error), seen };
  }
};
