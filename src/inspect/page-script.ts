import type { keptDecisions } from './kept-decisions.ts';

/**
 * What the page of `unequal inspect` does in a browser. It is put into the page as text, so that nothing outside of the
 * function is there for it.
 */
export function inspectInBrowser(keep: typeof keptDecisions): void {
  const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
  const { classes, run, most } = JSON.parse(byId('known').textContent ?? '') as {
    classes: string[];
    run: string;
    most: number;
  };
  const list = byId('samples');
  const cards = Array.from(list.children) as HTMLElement[];
  const [sort, only, show] = ['sort', 'class', 'show'].map((id) => byId<HTMLSelectElement>(id));
  const choice = byId<HTMLSelectElement>('label');
  const said = byId('said');
  const kept = keep(run);
  const decided = new Map<string, number>();
  const done: { index: string; before: number | undefined }[] = [];
  let current: HTMLElement | undefined;
  let downloaded = true;

  const of = (card: HTMLElement, name: string) => card.dataset[name] ?? '';
  const indexOf = (card: HTMLElement) => of(card, 'index');
  const labelOf = (card: HTMLElement) => Number(of(card, 'label'));
  // Names as the page has written them: control characters in them are shown and not obeyed.
  const nameOf = (label: number) => choice.options[label]?.dataset.name ?? '';
  const visible = () => cards.filter((card) => !card.hidden);

  function say(text: string): void {
    said.textContent = text;
  }

  function mark(card: HTMLElement): void {
    const label = decided.get(indexOf(card));
    const state = label === undefined ? '' : label === labelOf(card) ? 'kept' : 'changed';
    card.dataset.state = state;
    const shown = card.querySelector('.decision') as HTMLElement;
    shown.textContent = state === '' ? '' : state === 'kept' ? '✓ right' : `→ ${nameOf(label as number)}`;
    const words = state === '' ? 'not decided' : state === 'kept' ? 'label right' : `now ${nameOf(label as number)}`;
    card.setAttribute('aria-label', `${of(card, 'says')}, ${words}`);
  }

  function count(): void {
    const changed = cards.filter(({ dataset }) => dataset.state === 'changed').length;
    const all = cards.filter(({ dataset }) => dataset.state !== '').length;
    byId('count').textContent = `${all} decided, ${changed} of them changed`;
    byId<HTMLButtonElement>('download').disabled = all === 0;
    byId<HTMLButtonElement>('undo').disabled = done.length === 0;
  }

  /** Takes over what is kept, of the samples that are on the page. */
  function take(all: ReadonlyMap<string, number>): void {
    const here = cards.filter((card) => all.has(indexOf(card)));
    decided.clear();
    for (const card of here) {
      const label = all.get(indexOf(card)) as number;
      if (label < classes.length) decided.set(indexOf(card), label);
    }
    for (const card of cards) mark(card);
  }

  function select(card: HTMLElement | undefined, scroll = true): void {
    current?.setAttribute('aria-selected', 'false');
    current = card;
    const none = card === undefined;
    for (const id of ['take', 'right', 'set']) byId<HTMLButtonElement>(id).disabled = none;
    list.setAttribute('aria-activedescendant', card?.id ?? '');
    byId('current').textContent = card === undefined ? 'No sample' : `Sample ${indexOf(card)}`;
    if (card === undefined) return;
    card.setAttribute('aria-selected', 'true');
    const suggested = of(card, 'suggested');
    byId<HTMLButtonElement>('take').disabled = suggested === '';
    choice.value = String(decided.get(indexOf(card)) ?? (suggested === '' ? labelOf(card) : suggested));
    if (scroll) card.scrollIntoView({ block: 'nearest' });
  }

  function next(): void {
    const all = visible();
    const from = current === undefined ? 0 : all.indexOf(current) + 1;
    select(all[from] ?? all[all.length - 1]);
  }

  function decide(label: number): void {
    if (current === undefined || !(label >= 0 && label < classes.length)) return;
    const card = current;
    const index = indexOf(card);
    done.push({ index, before: decided.get(index) });
    downloaded = false;
    take(kept.change(index, label, decided));
    count();
    const from = nameOf(labelOf(card));
    say(
      label === labelOf(card)
        ? `Sample ${index}: ${from} is right.`
        : `Sample ${index}: ${from} becomes ${nameOf(label)}.`,
    );
    next();
    if (!card.hidden && show.value === 'open') arrange(current);
  }

  function undo(): void {
    const last = done.pop();
    if (last === undefined) return;
    take(kept.change(last.index, last.before, decided));
    arrange(cards.find((one) => indexOf(one) === last.index));
    say(`Sample ${last.index}: the decision is taken back.`);
  }

  /** Shows what the filters let through, in the order that was chosen. */
  function arrange(selected = current): void {
    const name = sort.value;
    const rising = name === 'suspicion' || name === 'margin' || name === 'place';
    const key = (card: HTMLElement) => {
      const text = of(card, name === 'place' ? 'index' : name);
      return text === '' ? Number.POSITIVE_INFINITY : (rising ? 1 : -1) * Number(text);
    };
    cards.sort((a, b) => key(a) - key(b) || Number(indexOf(a)) - Number(indexOf(b)));
    let shown = 0;
    for (const card of cards) {
      const isDecided = decided.has(indexOf(card));
      const ofClass = only.value === '' || of(card, 'label') === only.value;
      const wanted = show.value === 'all' || (show.value === 'open') !== isDecided;
      card.hidden = !ofClass || !wanted;
      if (!card.hidden) shown++;
      list.append(card);
    }
    byId('shown').textContent = `${shown} of ${cards.length} samples`;
    byId('none').hidden = shown > 0;
    count();
    select(selected && !selected.hidden ? selected : visible()[0], false);
  }

  /** How many cards stand in a row. */
  function columns(all: HTMLElement[]): number {
    const first = all[0]?.offsetTop;
    const k = all.findIndex(({ offsetTop }) => offsetTop !== first);
    return k < 0 ? all.length : k;
  }

  function move(by: (at: number, all: HTMLElement[]) => number): void {
    const all = visible();
    if (all.length === 0) return;
    const at = current === undefined ? 0 : all.indexOf(current);
    select(all[Math.max(0, Math.min(all.length - 1, by(at, all)))]);
    if (current) say(current.getAttribute('aria-label') ?? '');
  }

  // Names that are numbers are typed as they are; other classes are counted, as the choice of a label counts them. Digits of a class
  // of several digits are waited for.
  const ofDigits = classes.every((name) => /^\d+$/.test(name)) ? classes : classes.map((_, k) => String(k));
  let digits = '';
  let waiting: ReturnType<typeof setTimeout> | undefined;
  function digit(key: string): void {
    clearTimeout(waiting);
    digits += key;
    const typed = digits;
    const label = ofDigits.indexOf(typed);
    const finish = () => {
      digits = '';
      if (label >= 0) decide(label);
      else say(`There is no class ${typed}.`);
    };
    if (!ofDigits.some((other) => other !== typed && other.startsWith(typed))) finish();
    else {
      say(`Class ${digits}: another digit, or wait`);
      waiting = setTimeout(finish, 900);
    }
  }

  const takeSuggestion = () => {
    if (current === undefined) return;
    const suggested = of(current, 'suggested');
    if (suggested === '') say('The model never gave another label; press Space if it is right.');
    else decide(Number(suggested));
  };
  const isRight = () => current && decide(labelOf(current));
  const moves: { [key: string]: () => unknown } = {
    ArrowRight: () => move((at) => at + 1),
    ArrowLeft: () => move((at) => at - 1),
    ArrowDown: () => move((at, all) => at + columns(all)),
    ArrowUp: () => move((at, all) => at - columns(all)),
    PageDown: () => move((at, all) => at + 4 * columns(all)),
    PageUp: () => move((at, all) => at - 4 * columns(all)),
    Home: () => move(() => 0),
    End: () => move((_, all) => all.length - 1),
  };
  const decisions: { [key: string]: () => unknown } = {
    Enter: takeSuggestion,
    ' ': isRight,
    Backspace: undo,
    u: undo,
  };
  const keys = classes.length > 0 ? { ...moves, ...decisions } : moves;
  // Anywhere on the page, but for the keys that what has the focus needs for itself.
  document.addEventListener('keydown', (event) => {
    const on = event.target as Element;
    if (on.closest('select') || (on.closest('button, summary') && /^(Enter| )$/.test(event.key))) return;
    if (event.altKey || event.metaKey || (event.ctrlKey && event.key !== 'z')) return;
    if (classes.length > 0 && /^\d$/.test(event.key)) digit(event.key);
    else if (classes.length > 0 && event.ctrlKey) undo();
    else if (Object.hasOwn(keys, event.key)) keys[event.key]();
    else return;
    event.preventDefault();
    // The list is what tells a screen reader of the sample that was come to.
    if (on === document.body) list.focus({ preventScroll: true });
  });
  list.addEventListener('click', (event) => {
    const card = (event.target as HTMLElement).closest<HTMLElement>('#samples > *');
    if (card) select(card);
  });
  for (const one of [sort, only, show]) one.addEventListener('change', () => arrange());
  byId('take').addEventListener('click', takeSuggestion);
  byId('right').addEventListener('click', isRight);
  byId('set').addEventListener('click', () => decide(Number(choice.value)));
  byId('undo').addEventListener('click', undo);
  byId('download').addEventListener('click', () => {
    const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [...decided]
      .sort(([a], [b]) => Number(a) - Number(b))
      .flatMap(([index, label]) => {
        const card = cards.find((one) => indexOf(one) === index);
        return card ? [[index, classes[label], classes[labelOf(card)]].map(cell).join(',')] : [];
      });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`index,label,was\n${lines.join('\n')}\n`], { type: 'text/csv' }));
    link.download = 'labels.csv';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    downloaded = true;
    say(`labels.csv has ${lines.length} labels.`);
  });
  addEventListener('beforeunload', (event) => {
    if (!downloaded) event.preventDefault();
  });

  take(kept.all() ?? new Map());
  // Another tab with this page has decided something.
  addEventListener('storage', ({ key }) => {
    const all = key === run ? kept.all() : undefined;
    if (all === undefined) return;
    take(all);
    arrange();
  });
  document.body.classList.add('ready');
  // What is scrolled to stays clear of the bar.
  const bar = byId('bar');
  new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingBottom = `${bar.offsetHeight + 16}px`;
  }).observe(bar);
  if (decided.size > 0) say(`${decided.size} decisions of before are there again.`);
  else say(`The ${most} first samples of each order are on the page.`);
  arrange();
}
