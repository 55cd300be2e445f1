/** Where a page is served while its run goes on, it takes over each new version of itself. */
export function follow(enhance: () => void): void {
  const address = document.querySelector<HTMLMetaElement>('meta[name=live]')?.content;
  if (address === undefined) return;
  const source = new EventSource(address);
  let busy = false;
  let again = false;
  const take = async () => {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      try {
        replace(new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html'), enhance);
      } catch {
        // The run has ended, or its server is gone: what is shown stays.
      }
    }
    busy = false;
  };
  source.addEventListener('message', take);
  source.addEventListener('end', () => source.close());
}

function replace(next: Document, enhance: () => void): void {
  const open = new Set([...document.querySelectorAll('details[open] > summary')].map(({ textContent }) => textContent));
  const focused = document.activeElement?.textContent;
  const [x, y] = [scrollX, scrollY];
  document.title = next.title;
  document.body.replaceChildren(...document.adoptNode(next.body).childNodes);
  for (const summary of document.querySelectorAll('summary')) {
    if (open.has(summary.textContent)) (summary.parentElement as HTMLDetailsElement).open = true;
  }
  enhance();
  const buttons = [...document.querySelectorAll<HTMLElement>('button, summary')];
  if (focused) buttons.find(({ textContent }) => textContent === focused)?.focus({ preventScroll: true });
  scrollTo(x, y);
}
