/** Control characters, halves of surrogate pairs, what is no character, marks that turn the direction of text, separators of lines. */
const unprintable = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\ufffe\uffff]/gu;

/**
 * Text as it may go to a terminal, a log or an error, in one line. A file or a name may hold anything; what would move
 * the cursor, start a line, colour, or turn the direction of what follows is written as JSON writes it: `\u001b`, `\n`.
 */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** {@link printable}, for text of several lines: line feeds and tabs stay. JSON keeps its meaning. */
export function printableLines(text: string): string {
  return text.replace(unprintable, (character) => (/[\n\t]/.test(character) ? character : escaped(character)));
}

const short: { readonly [character: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
