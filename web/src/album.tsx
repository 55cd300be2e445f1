import { useEffect, useRef, useState } from 'preact/hooks';
import { FeatureSource } from './feature-source.tsx';
import { isEnough, least, nameOf, type OwnImage, type OwnImages, ownImage } from './own-images.ts';
import type { Seeing } from './use-network.ts';

export interface AlbumProps {
  readonly own: OwnImages;
  /** Told what becomes of the pictures that are there by then: reading a file takes time. */
  readonly set: (change: (own: OwnImages) => OwnImages) => void;
  readonly seeing: Seeing;
}

/** Where pictures of one's own are dropped, chosen or taken, by class. */
export function Album({ own, set, seeing }: AlbumProps) {
  const [trouble, setTrouble] = useState('');
  const [camera, setCamera] = useState<MediaStream>();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = camera ?? null;
    return () => {
      for (const track of camera?.getTracks() ?? []) track.stop();
    };
  }, [camera]);

  const change = (label: number, of: (one: OwnImages[number]) => Partial<OwnImages[number]>) =>
    set((own) => own.map((one, k) => (k === label ? { ...one, ...of(one) } : one)));
  const addTo = (label: number, made: readonly OwnImage[]) =>
    change(label, ({ images }) => ({ images: [...images, ...made] }));
  const add = async (label: number, files: Iterable<File>) => {
    const [made, refused]: [OwnImage[], string[]] = [[], []];
    for (const file of files) {
      try {
        made.push(await ownImage(file));
      } catch {
        refused.push(file.name);
      }
    }
    const are = refused.length === 1 ? 'is no picture' : 'are no pictures';
    setTrouble(refused.length > 0 ? `Left out: ${refused.join(', ')} ${are} that this browser can read.` : '');
    if (made.length > 0) addTo(label, made);
  };
  const open = async () => {
    try {
      setCamera(await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 320 } }));
      setTrouble('');
    } catch {
      setTrouble('There is no camera, or this page may not use it.');
    }
  };

  return (
    <section>
      <h2>Pictures of your own</h2>
      <p class="soft">
        Drop or choose pictures for each class, {least} or more; one in four is kept to validate on. The pictures stay
        in this tab.
      </p>
      <FeatureSource {...seeing} />
      {own.map(({ images }, label) => (
        <fieldset
          class="album"
          key={label}
          aria-label={`Class ${label + 1}`}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            add(label, event.dataTransfer?.files ?? []);
          }}
        >
          <label>
            Class{' '}
            <input
              type="text"
              value={own[label].name}
              placeholder={nameOf(own, label)}
              maxLength={20}
              onInput={(event) => {
                const name = event.currentTarget.value;
                change(label, () => ({ name }));
              }}
            />
          </label>
          <input
            type="file"
            accept="image/*"
            multiple
            aria-label={`Pictures of ${nameOf(own, label)}`}
            onChange={(event) => {
              add(label, [...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = '';
            }}
          />
          {camera && (
            <button
              type="button"
              onClick={async () => {
                if (!video.current?.videoWidth) return;
                addTo(label, [await ownImage(video.current)]);
              }}
            >
              Take one of {nameOf(own, label)}
            </button>
          )}
          {own.length > 2 && (
            <button type="button" onClick={() => set((own) => own.filter((_, k) => k !== label))}>
              Without {nameOf(own, label)}
            </button>
          )}
          <div class="thumbs">
            {images.length === 0 && <span class="soft">Drop pictures here.</span>}
            {images.map((image, k) => (
              <button
                type="button"
                key={k}
                title="Take it out"
                aria-label={`Take picture ${k + 1} of ${nameOf(own, label)} out`}
                onClick={() => change(label, ({ images }) => ({ images: images.filter((one) => one !== image) }))}
              >
                <img src={image.url} width="28" height="28" alt="" />
              </button>
            ))}
          </div>
        </fieldset>
      ))}
      {camera && <video ref={video} class="camera" autoPlay muted playsInline aria-label="The camera" />}
      <div class="controls">
        <button type="button" onClick={() => set((own) => [...own, { name: '', images: [] }])}>
          Another class
        </button>
        <button type="button" onClick={camera ? () => setCamera(undefined) : open}>
          {camera ? 'Camera off' : 'Camera'}
        </button>
      </div>
      <p class="why" role="status">
        {trouble} {isEnough(own) ? '' : `The race begins when every class has ${least} pictures.`}
      </p>
    </section>
  );
}
