import { element } from './drawing.ts';

/** Where a page is served while its run goes on, it takes over each new version of itself. */
export function follow(enhance: () => void): void {
  const address = addressIn(document);
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
        const next = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
        // The last version of all hears of no next one.
        if (addressIn(next) === undefined) source.close();
        replace(next, enhance);
      } catch {
        // The server is gone, as the source says.
      }
    }
    busy = false;
  };
  source.addEventListener('message', take);
  source.addEventListener('end', () => source.close());
  source.addEventListener('error', sayGone);
  source.addEventListener('open', () => document.getElementById('gone') && take());
}

const addressIn = (page: Document) => page.querySelector<HTMLMetaElement>('meta[name=live]')?.content;

/** Says that what is shown does not change any more. */
function sayGone(): void {
  if (document.getElementById('gone')) return;
  const words = `The run does not answer since ${new Date().toLocaleTimeString()}: it was stopped or killed. This is the last of it that came here.`;
  const notice = element('p', { id: 'gone', className: 'notice', textContent: words });
  notice.setAttribute('role', 'alert');
  document.body.prepend(notice);
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
