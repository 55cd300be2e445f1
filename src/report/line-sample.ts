import { type Html, html } from './html.ts';
import type { Ink } from './palette.ts';

/** A piece of the line of a method, beside its name: methods may share a colour, and then differ by their dashes. */
export function lineSample({ color, dash }: Ink): Html {
  return html`<svg class="sample" viewBox="0 0 24 10" aria-hidden="true"><line x1="0" x2="24" y1="5" y2="5" stroke="${color}" stroke-width="3" stroke-dasharray="${dash ?? 'none'}"/></svg>`;
}
