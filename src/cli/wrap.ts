/** A text in lines of at most `width` letters, broken between words; a word that is longer is cut. */
export function wrap(text: string, width = Number.POSITIVE_INFINITY): string[] {
  if ([...text].length <= width) return [text];
  const lines: string[] = [];
  let line: string[] = [];
  for (const word of text.split(/ +/).map((word) => [...word])) {
    if (line.length > 0 && line.length + 1 + word.length <= width) {
      line = [...line, ' ', ...word];
      continue;
    }
    if (line.length > 0) lines.push(line.join(''));
    line = word;
    while (line.length > width) lines.push(line.splice(0, width).join(''));
  }
  return [...lines, line.join('')];
}
