import { shorten } from './format.ts';
import { type Content, type Html, html, raw } from './html.ts';
import { type Ink, schemes } from './palette.ts';
import { type Figure, type Legend, markup, numbered, width } from './plot.ts';

const { light, dark } = schemes;
const fonts = 'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Cantarell, Liberation Sans, sans-serif';
const margin = 8;
const titleHeight = 24;
const rowHeight = 18;
const captionHeight = 16;
const captionGap = 6;
/** Characters of a line of the caption: letters are some six pixels wide. */
const captionLength = 112;
const swatchWidth = 30;

/**
 * A figure as an SVG file of its own. It brings its background, so that it can be read wherever it is put; where
 * viewers know of dark schemes it follows theirs.
 *
 * @example
 * ```ts
 * const svg = drawn && standalone(drawn);
 * ```
 */
export function standalone({ options: { title, caption, legend, draw } }: Figure): string {
  const plot = draw('wide');
  const height = Number(plot.getAttribute('height'));
  const said = captionLines(caption);
  const below = margin + titleHeight + said.length * captionHeight + captionGap;
  const names = legend && !legend.narrow ? legendRows(legend, below) : { items: undefined, height: 0 };
  // The style that Plot brings is for a page: in a file it would stretch the plot over all of it.
  plot.querySelector('style')?.remove();
  plot.removeAttribute('style');
  for (const inherited of ['font-size', 'font-family']) plot.removeAttribute(inherited);
  const top = below + names.height;
  plot.setAttribute('x', String(margin));
  plot.setAttribute('y', String(top));
  const size = [width.wide + 2 * margin, top + height + margin];
  const text =
    html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size[0]} ${size[1]}" width="${size[0]}" height="${size[1]}" role="img" color="var(--ink)" font-family="${fonts}" font-size="12">
<title>${title}</title>
<style>${raw(darkCss)}</style>
<rect width="100%" height="100%" rx="6" fill="var(--paper)"/>
<text x="${margin}" y="${margin + titleHeight / 2}" dy="0.35em" font-size="14" font-weight="600" fill="currentColor">${shorten(title, 90)}</text>
${said.map(
  (
    line,
    k,
  ) => html`<text x="${margin}" y="${margin + titleHeight + captionHeight * (k + 0.5)}" dy="0.35em" fill="var(--soft)">${line}</text>
`,
)}${names.items}
${raw(markup(plot))}
</svg>
`.text;
  // Not every viewer of SVG knows custom properties, or the names that HTML has for characters.
  return numbered(text)
    .replaceAll('&nbsp;', '\u00a0')
    .replace(/var\(--(\w+)\)/g, (_, name) => light[name]);
}

const darkCss = `@media (prefers-color-scheme: dark) {
svg { color: ${dark.ink}; }
${Object.entries(light)
  .map(([name, color]) => `[fill="${color}"] { fill: ${dark[name]}; } [stroke="${color}"] { stroke: ${dark[name]}; }`)
  .join('\n')}
}`;

/** A caption without its tags, broken into lines: SVG does not break them itself. */
function captionLines(caption: Content): Html[] {
  const words = html`${caption}`.text
    .replace(/<[^>]*>/g, '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && longer.length <= captionLength) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  // What was a caption of a page is escaped already.
  return lines.map(raw);
}

/** The names of lines, as many in a row as find room. */
function legendRows({ names, inks }: Legend, top: number) {
  let [x, row] = [margin, 0];
  const items = names.map((name) => {
    const itemWidth = swatchWidth + 7 * name.length + 14;
    if (x > margin && x + itemWidth > width.wide) [x, row] = [margin, row + 1];
    const { color, dash } = inks.get(name) as Ink;
    const y = top + rowHeight * (row + 0.5);
    const item = html`<line x1="${x}" x2="${x + 24}" y1="${y}" y2="${y}" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash ?? 'none'}"/><text x="${x + swatchWidth}" y="${y}" dy="0.35em" fill="currentColor">${name}</text>
`;
    x += itemWidth;
    return item;
  });
  return { items, height: rowHeight * (row + 1) };
}
