import type { NetworkSource } from './body.ts';
import type { Order, Told } from './messages.ts';
import type { OwnImage } from './own-images.ts';
import { notLoaded, startRunner } from './start-runner.ts';

/** MobileNet v1 at a quarter of its width, 2 MB, where TensorFlow.js keeps it for everyone. */
export const mobileNet = 'https://storage.googleapis.com/tfjs-models/tfjs/mobilenet_v1_0.25_224/model.json';

/** A trained network in a worker of its own: it turns pictures into features. */
export class Network {
  private readonly worker = startRunner();
  /** Pictures with the features that this network gave them, by the pictures without. */
  private readonly seen = new WeakMap<OwnImage, OwnImage>();

  private last: Promise<void> = Promise.resolve();

  private constructor(readonly name: string) {}

  /** @throws where it cannot be loaded. */
  static async load(source: NetworkSource, name: string): Promise<Network> {
    const network = new Network(name);
    try {
      await network.ask({ type: 'network', source });
      return network;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  /** The picture with features, the same object each time; none where it was not looked at. */
  of(image: OwnImage): OwnImage | undefined {
    return this.seen.get(image);
  }

  /** Looks at those that it has not seen yet. */
  look(images: readonly OwnImage[]): Promise<void> {
    const looked = this.last.then(async () => {
      const news = images.filter((image) => !this.seen.has(image));
      if (news.length === 0) return;
      const told = await this.ask({ type: 'features', pictures: news.map(({ pixels }) => pixels) });
      if (told.type !== 'features') return;
      for (const [k, image] of news.entries()) this.seen.set(image, { ...image, features: told.rows[k] });
    });
    // One question at a time.
    this.last = looked.catch(() => {});
    return looked;
  }

  close(): void {
    this.worker.terminate();
  }

  private ask(order: Order): Promise<Told> {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }: MessageEvent<Told>) =>
        data.type === 'failed' ? reject(new Error(data.message)) : resolve(data);
      this.worker.onerror = ({ message }) => reject(new Error(message || notLoaded));
      this.worker.postMessage(order);
    });
  }
}
