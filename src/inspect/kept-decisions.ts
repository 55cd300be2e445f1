/**
 * The decisions on the samples of a run, as a browser keeps them for all tabs. It is put into the page as text, so that
 * nothing outside of the function is there for it.
 */
export function keptDecisions(run: string) {
  /** Nothing where none are kept. */
  const all = (): Map<string, number> | undefined => {
    try {
      const text = localStorage.getItem(run);
      return text === null ? undefined : new Map(JSON.parse(text) as [string, number][]);
    } catch {
      // The browser keeps nothing, or something else is kept.
      return undefined;
    }
  };
  /**
   * Keeps one decision, or that there is none. Another tab may have kept others meanwhile: they stay.
   *
   * @param known what is there where nothing is kept.
   */
  const change = (index: string, label: number | undefined, known: ReadonlyMap<string, number>) => {
    const changed = new Map(all() ?? known);
    if (label === undefined) changed.delete(index);
    else changed.set(index, label);
    try {
      localStorage.setItem(run, JSON.stringify([...changed]));
    } catch {
      // A browser that keeps nothing: the page itself does, as long as it is open.
    }
    return changed;
  };
  return { all, change };
}
