import { useEffect, useRef, useState } from 'preact/hooks';
import { isEnough, least, nameOf, type OwnImage, type OwnImages, ownImage } from './own-images.ts';

export interface AlbumProps {
  readonly own: OwnImages;
  readonly set: (own: OwnImages) => void;
}

/** Where pictures of one's own are dropped, chosen or taken, by class. */
export function Album({ own, set }: AlbumProps) {
  const [trouble, setTrouble] = useState('');
  const [camera, setCamera] = useState<MediaStream>();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = camera ?? null;
    return () => {
      for (const track of camera?.getTracks() ?? []) track.stop();
    };
  }, [camera]);

  const change = (label: number, part: Partial<OwnImages[number]>) =>
    set(own.map((one, k) => (k === label ? { ...one, ...part } : one)));
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
    if (made.length > 0) change(label, { images: [...own[label].images, ...made] });
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
        Drop or choose pictures for each class, {least} or more; one in four is kept to validate on. Each becomes
        averages of fixed random filters and a histogram of its colours; a small network is trained on these. There is
        no pretrained network in it: it tells things apart by colour and texture. The pictures stay in this tab.
      </p>
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
              onInput={(event) => change(label, { name: event.currentTarget.value })}
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
                const taken = await ownImage(video.current);
                change(label, { images: [...images, taken] });
              }}
            >
              Take one of {nameOf(own, label)}
            </button>
          )}
          <p class="thumbs">
            {images.length === 0 && <span class="soft">Drop pictures here.</span>}
            {images.map(({ url }, k) => (
              <img key={k} src={url} width="28" height="28" alt="" />
            ))}
          </p>
        </fieldset>
      ))}
      {camera && <video ref={video} class="camera" autoPlay muted playsInline aria-label="The camera" />}
      <div class="controls">
        <button type="button" onClick={() => set([...own, { name: '', images: [] }])}>
          Another class
        </button>
        <button type="button" onClick={camera ? () => setCamera(undefined) : open}>
          {camera ? 'Camera off' : 'Camera'}
        </button>
      </div>
      <p class="why" role="status">
        {trouble || (isEnough(own) ? '' : `The race begins when every class has ${least} pictures.`)}
      </p>
    </section>
  );
}
