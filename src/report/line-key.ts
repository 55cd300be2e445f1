/**
 * What the marks of a method are called in a drawing: its name, or `name: what` of one line among several, with every
 * character that means something in HTML or XML written as its number.
 */
export function lineKey(name: string, what?: string): string {
  const key = [...name].map((character) =>
    /[\w .()-]/.test(character) ? character : `%${character.codePointAt(0)?.toString(16)}`,
  );
  return what === undefined ? key.join('') : `${key.join('')}: ${what}`;
}
