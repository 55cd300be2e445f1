/** Seconds that one reading of the clock may add: what is longer, the machine or the tab has slept. No step takes as long. */
const longest = 1;

/** A clock that stands still while the machine, or the tab, sleeps. */
export function awakeClock(now: () => number = () => performance.now() / 1000): () => number {
  let [last, total] = [now(), 0];
  return () => {
    const time = now();
    total += Math.min(time - last, longest);
    last = time;
    return total;
  };
}
