/** A value as it is written in a command line: a number, `true`, `false` or a word. */
export type WrittenValue = number | boolean | string;

/** `2` is a number, `true` a truth value, all else a word. */
export function writtenValue(text: string): WrittenValue {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Options by name: `presample` is one, and `rule.memorised` what is inside of another. */
export function writtenOptions(pairs: Iterable<readonly [path: string, value: WrittenValue]>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [path, value] of pairs) {
    const [name, ...rest] = path.split('.');
    // What is further inside has no name here, and is refused as an option.
    const inner = rest.length === 0 ? undefined : rest.join('.');
    options[name] = inner === undefined ? value : { ...(options[name] as object), [inner]: value };
  }
  return options;
}
