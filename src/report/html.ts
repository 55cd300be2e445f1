import { printableLines } from '../printable.ts';

/**
 * HTML that is safe to put into a page as it is.
 *
 * @example
 * ```ts
 * const part = new Html('<b>bold</b>');
 * ```
 */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What can stand in a page. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

/**
 * A tagged template that escapes everything but {@link Html}, control characters too; lists are joined, nothing stays nothing.
 *
 * @example
 * ```ts
 * html`<p>${'1 < 2'}</p>`; // <p>1 &lt; 2</p>
 * ```
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((text, part, k) => text + render(values[k - 1]) + part));
}

function render(value: Content): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escaped(String(value));
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return printableLines(text).replace(/[&<>"']/g, (character) => entities[character]);
}

/**
 * Marks `text` as HTML; only for text that is none of a user's.
 *
 * @example
 * ```ts
 * html`<p>${raw('<b>bold</b>')}</p>`;
 * ```
 */
export function raw(text: string): Html {
  return new Html(text);
}
