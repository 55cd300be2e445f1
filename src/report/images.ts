import type { LabelledImages } from '../data/images.ts';
import { placeOf } from '../data/labelled.ts';
import { loadSharp } from '../data/sharp.ts';
import { count } from './format.ts';
import { type Html, html } from './html.ts';
import type { ImageEvent, MethodRecord, RunRecord } from './record.ts';

/** Longer sides are scaled down: a picture in a report is a thumb wide. */
const largest = 96;

/** A training image as it goes into the record of a run, called by its place in the data. */
export async function imageEvent(samples: LabelledImages, index: number): Promise<ImageEvent> {
  const { data, width, height, channels } = await samples.image(index);
  const scale = Math.min(1, largest / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const sharp = await loadSharp();
  const png = await sharp(data, { raw: { width, height, channels: channels as 1 | 3 } })
    .resize(w, h)
    .png({ compressionLevel: 9, palette: channels === 1 })
    .toBuffer();
  const label = samples.classNames[samples.labels[index]] ?? String(samples.labels[index]);
  return { type: 'image', index: placeOf(samples, index), label, width: w, height: h, png: png.toString('base64') };
}

/** The images that each method trained on most often; uniform trains on all alike, and is left out. */
export function imagesFigure({ methods, images }: RunRecord): Html | undefined {
  const shown = methods.filter(
    ({ name, picked, steps }) =>
      name !== 'uniform' &&
      steps.some(({ importance }) => importance > 0) &&
      picked?.some(({ index }) => images.has(index)),
  );
  if (shown.length === 0) return undefined;
  return html`<section>
<h2>Most often picked</h2>
<p class="note">The training images each method has trained on most often, with their labels and how many times. Uniform sampling trains on each once an epoch.</p>
${shown.map((method) => pictures(method, images))}
</section>`;
}

function pictures({ name, picked = [] }: MethodRecord, images: RunRecord['images']): Html {
  const items = picked.flatMap(({ index, times }) => {
    const image = images.get(index);
    if (image === undefined) return [];
    const { label, width, height, png } = image;
    const says = `training image ${index}, labelled ${label}`;
    return html`<li><img src="data:image/png;base64,${png}" width="${width}" height="${height}" alt="${says}" title="${says}"><b>${label}</b> ${count(times)}×</li>`;
  });
  return html`<h3>${name}</h3>
<ul class="pictures">${items}</ul>`;
}
