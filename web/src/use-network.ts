import { useEffect, useState } from 'preact/hooks';
import type { NetworkSource } from './body.ts';
import { Network } from './network.ts';
import type { OwnImages } from './own-images.ts';

export interface Seeing {
  /** The pictures with the features to train on; none of them as long as a network looks at some. */
  readonly album?: OwnImages;
  /** What the network is called that makes the features; none: the fixed filters do. */
  readonly network?: string;
  /** What it is busy with, or what went wrong. */
  readonly says: string;
  /** Takes this network for the features; none: the fixed filters. */
  readonly take: (source?: NetworkSource, name?: string) => void;
}

/** What turns the visitor's pictures into features: fixed filters, or a trained network that the visitor asks for. */
export function useNetwork(own: OwnImages | undefined): Seeing {
  const [network, setNetwork] = useState<Network>();
  const [says, say] = useState('');
  const [looked, setLooked] = useState(0);
  const images = own?.flatMap(({ images }) => images) ?? [];
  const missing = network ? images.filter((image) => !network.of(image)) : [];

  useEffect(() => () => network?.close(), [network]);
  useEffect(() => {
    if (!network || missing.length === 0) return;
    let current = true;
    network.look(missing).then(
      () => current && setLooked((count) => count + 1),
      (error: Error) => {
        if (!current) return;
        say(`${network.name} cannot look at the pictures, so the fixed filters do: ${error.message}`);
        setNetwork(undefined);
      },
    );
    return () => {
      current = false;
    };
  }, [network, own, looked]);

  const take = async (source?: NetworkSource, name = '') => {
    say(source ? `${name} is being loaded.` : '');
    if (!source) return setNetwork(undefined);
    try {
      setNetwork(await Network.load(source, name));
      say('');
    } catch (error) {
      say(`${name} cannot be loaded. ${(error as Error).message}`);
    }
  };
  return {
    album: network
      ? own?.map((one) => ({ ...one, images: missing.length > 0 ? [] : one.images.map((image) => network.of(image)!) }))
      : own,
    network: network?.name,
    says: missing.length > 0 ? `${network!.name} looks at ${missing.length} pictures.` : says,
    take,
  };
}
