/**
 * The colours of methods, for light and dark, told apart with every common colour blindness: the palette of Okabe & Ito
 * (Color Universal Design, 2008), lightened where it must show on black. Uniform, which all are compared with, is grey.
 */
const light = ['#0072b2', '#d55e00', '#00835f', '#b1528c', '#3d95cf', '#b07400'];
const dark = ['#4ba3e3', '#ff8a3d', '#2fc79b', '#e29ac3', '#9bd3f5', '#f0b93a'];
const dashes = [undefined, '6 3', '2 2.5', '8 2 2 2'];

/** How the line of a method is drawn. */
export interface Ink {
  readonly color: string;
  readonly dash?: string;
}

/** One ink for each method: hues first, then the same hues with other dashes. */
export function inks(methods: readonly string[]): ReadonlyMap<string, Ink> {
  const others = methods.filter((name) => name !== 'uniform');
  return new Map(
    methods.map((name) => {
      if (name === 'uniform') return [name, { color: 'var(--base)' }];
      const k = others.indexOf(name);
      return [
        name,
        { color: `var(--m${k % light.length})`, dash: dashes[Math.floor(k / light.length) % dashes.length] },
      ];
    }),
  );
}

const variables = (hues: readonly string[], rest: string) => hues.map((hue, k) => `--m${k}: ${hue};`).join(' ') + rest;

/** The custom properties of a page, on `:root`. */
export const paletteCss = `
:root { color-scheme: light dark; ${variables(light, ' --base: #6b6b6b; --ink: #1c1c1c; --soft: #595959; --line: #dcdcd8; --paper: #fdfdfb; --box: #f5f5f1;')} }
@media screen and (prefers-color-scheme: dark) {
  :root { ${variables(dark, ' --base: #a3a3a3; --ink: #e9e9e6; --soft: #a8a8a4; --line: #3a3a3a; --paper: #161618; --box: #212124;')} }
}
@media print { :root { color-scheme: light; --paper: #fff; } }`;
