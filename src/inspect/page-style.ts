import { paletteCss } from '../report/palette.ts';

/** The style of the page of `unequal inspect`. */
export const style = `${paletteCss}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; padding: 1.5rem 1rem 0; max-width: 78rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Cantarell, "Liberation Sans", sans-serif; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.25rem; font-size: 1.125rem; }
p { margin: 0.6rem 0; max-width: 46rem; }
.note, figcaption, summary { color: var(--soft); font-size: 0.875rem; }
figure { margin: 0; max-width: 46rem; }
figure svg { display: block; width: 100%; height: auto; }
.plot { --plot-background: var(--paper); font-family: inherit; color: var(--ink); }
.narrow { display: none !important; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin: 1rem 0; }
.controls label { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 100%; font-size: 0.875rem; color: var(--soft); }
select, button { font: inherit; color: var(--ink); background: var(--box); border: 1px solid var(--soft); border-radius: 6px; padding: 0.3rem 0.6rem; min-height: 2.4rem; max-width: 100%; }
button { cursor: pointer; }
button:disabled { color: var(--soft); border-style: dashed; cursor: default; }
button.first { background: var(--m0); border-color: var(--m0); color: var(--paper); }
button.first:disabled { background: none; color: var(--soft); border-color: var(--soft); }
:focus-visible { outline: 3px solid var(--m0); outline-offset: 2px; }
#samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9.5rem), 1fr)); gap: 0.6rem; margin: 0; padding: 4px; list-style: none; }
#samples.long { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
#samples > li { padding: 0.5rem; border: 2px solid var(--line); border-radius: 8px; background: var(--box); font-size: 0.8125rem; line-height: 1.35; overflow-wrap: anywhere; cursor: pointer; scroll-margin-top: 1rem; min-width: 0; }
#samples > li[aria-selected=true] { border-color: var(--m0); box-shadow: 0 0 0 2px var(--m0); }
#samples:focus-visible { outline-offset: 4px; }
#samples img { display: block; width: 100%; height: auto; max-height: 11rem; object-fit: contain; image-rendering: pixelated; margin-bottom: 0.35rem; background: var(--paper); }
.text { white-space: pre-wrap; max-height: 11rem; overflow: auto; margin: 0 0 0.35rem; }
.cells { margin: 0 0 0.35rem; max-height: 11rem; overflow: auto; display: grid; grid-template-columns: fit-content(45%) minmax(0, 1fr); gap: 0 0.6rem; }
.cells dt { color: var(--soft); }
.cells dd { margin: 0; }
.says b { font-size: 0.9375rem; }
.numbers { color: var(--soft); }
.decision { font-weight: 700; min-height: 1.2em; }
#samples > li[data-state=changed] { border-left: 6px solid var(--m1); }
#samples > li[data-state=kept] { border-left: 6px solid var(--m2); }
.bar { position: sticky; bottom: 0; max-height: 40vh; overflow: auto; margin: 1rem -1rem 0; padding: 0.6rem 1rem; background: var(--paper); border-top: 1px solid var(--soft); display: none; }
.ready .bar { display: block; }
.bar > div { max-width: 76rem; margin: 0 auto; display: flex; flex-wrap: wrap; gap: 0.4rem 0.6rem; align-items: center; }
.bar p { margin: 0; font-size: 0.875rem; max-width: none; }
.bar p:first-child { flex-basis: 100%; }
#said { color: var(--soft); margin-left: 0.6rem; }
#label { max-width: 11rem; }
kbd { font: inherit; font-size: 0.8125rem; border: 1px solid var(--soft); border-radius: 4px; padding: 0 0.3rem; }
.needs-script { display: none; }
.ready .needs-script { display: flex; }
@media screen and (max-width: 560px) {
  .wide { display: none !important; }
  figure svg.narrow { display: block !important; }
  .bar { padding: 0.4rem 0.75rem; }
  .bar button, .bar select { padding: 0.15rem 0.4rem; min-height: 2.1rem; font-size: 0.875rem; }
  #label { max-width: 8rem; }
  #samples { grid-template-columns: repeat(auto-fill, minmax(min(100%, 8rem), 1fr)); }
}
@media print {
  .ready .bar, .ready .controls { display: none; }
  details::details-content { content-visibility: visible; }
}`;
