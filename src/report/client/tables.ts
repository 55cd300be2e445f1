/** A box that scrolls can be come to and scrolled with the keyboard; when it scrolls depends on the window. */
export function reachable(box: HTMLElement): void {
  new ResizeObserver(() => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }).observe(box);
}

/** Tables whose rows a click on a title sorts. */
export function sortable(table: HTMLTableElement): void {
  const titles = [...table.querySelectorAll<HTMLTableCellElement>('thead th')];
  for (const [column, title] of titles.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener('click', () => {
      const upwards = title.getAttribute('aria-sort') === 'descending';
      for (const other of titles) other.removeAttribute('aria-sort');
      title.setAttribute('aria-sort', upwards ? 'ascending' : 'descending');
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => (upwards ? 1 : -1) * compare(a.cells[column], b.cells[column]));
      body.append(...rows);
    });
  }
}

function compare(a: HTMLTableCellElement, b: HTMLTableCellElement): number {
  const [p, q] = [a, b].map(({ textContent }) => textContent ?? '');
  const [x, y] = [p, q].map((text) => Number.parseFloat(text.replaceAll(',', '').replace('−', '-')));
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return Number.isFinite(x) ? 1 : Number.isFinite(y) ? -1 : p.localeCompare(q);
}
