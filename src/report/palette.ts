/**
 * The colours of methods, for light and dark, told apart with every common colour blindness: the palette of Okabe & Ito
 * (Color Universal Design, 2008), lightened where it must show on black. Uniform, which all are compared with, is grey.
 */
const hues = {
  light: ['#001bbc', '#c74600', '#00482d', '#6a3773', '#1874be', '#6f3300'],
  dark: ['#4ba3e3', '#ff8a3d', '#2fc79b', '#e29ac3', '#9bd3f5', '#f0b93a'],
} as const;
const dashes = [undefined, '6 3', '2 2.5', '8 2 2 2'];

/** Colours by the names of their custom properties, without the dashes. */
export type Scheme = { readonly [name: string]: string };

/** The same names in both; no two of a scheme are the same colour. */
export const schemes: { readonly light: Scheme; readonly dark: Scheme } = {
  light: {
    ...numbered(hues.light),
    base: '#6b6b6b',
    ink: '#1c1c1c',
    soft: '#595959',
    line: '#dcdcd8',
    paper: '#fdfdfb',
    box: '#f5f5f1',
  },
  dark: {
    ...numbered(hues.dark),
    base: '#a3a3a3',
    ink: '#e9e9e6',
    soft: '#a8a8a4',
    line: '#3a3a3a',
    paper: '#161618',
    box: '#212124',
  },
};

function numbered(hues: readonly string[]): Scheme {
  return Object.fromEntries(hues.map((hue, k) => [`m${k}`, hue]));
}

/** How the line of a method is drawn. */
export interface Ink {
  readonly color: string;
  readonly dash?: string;
}

/**
 * One ink for each method: hues first, then the same hues with other dashes.
 *
 * @example
 * ```ts
 * const colours = inks(['uniform', 'importance']);
 * ```
 */
export function inks(methods: readonly string[]): ReadonlyMap<string, Ink> {
  const others = methods.filter((name) => name !== 'uniform');
  return new Map(
    methods.map((name) => {
      if (name === 'uniform') return [name, { color: 'var(--base)' }];
      const k = others.indexOf(name);
      return [
        name,
        {
          color: `var(--m${k % hues.light.length})`,
          dash: dashes[Math.floor(k / hues.light.length) % dashes.length],
        },
      ];
    }),
  );
}

const variables = (scheme: Scheme) =>
  Object.entries(scheme)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ');

/** The custom properties of a page, on `:root`. */
export const paletteCss = `
:root { color-scheme: light dark; ${variables(schemes.light)} }
@media screen and (prefers-color-scheme: dark) {
  :root { ${variables(schemes.dark)} }
}
@media print { :root { color-scheme: light; --paper: #fff; } }`;
