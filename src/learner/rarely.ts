/** Answers a question by asking the first, second, third, fifth, ninth … time; in between by what was answered last. */
export class Rarely<T> {
  private question: string | undefined;
  private times = 0;
  private next = 0;
  private last: T | undefined;

  /** @param question another one is asked at once. */
  answer(question: string, ask: () => T): T {
    if (question !== this.question) [this.question, this.times, this.next] = [question, 0, 0];
    if (this.times++ < this.next) return this.last as T;
    this.next = Math.max(1, 2 * this.next);
    this.last = ask();
    return this.last;
  }
}
