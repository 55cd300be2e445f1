/** A sentence of a summary. One that is of several methods says its clauses one by one, so that each can have a line of its own. */
export type Sentence = string | { readonly opening?: string; readonly clauses: readonly string[] };

/** The sentence in one piece. */
export function inOne(sentence: Sentence): string {
  if (typeof sentence === 'string') return sentence;
  const { opening = '', clauses } = sentence;
  return `${opening}${clauses.join('; ')}.`;
}

/** The sentence with a line for each of its clauses. */
export function inLines(sentence: Sentence): string[] {
  if (typeof sentence === 'string') return [sentence];
  const { opening = '', clauses } = sentence;
  return clauses.map((clause, k) => `${k === 0 ? opening : '  '}${clause}${k < clauses.length - 1 ? ';' : '.'}`);
}
