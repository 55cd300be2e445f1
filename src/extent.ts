/** The smallest of any number of values; Infinity of none. A call with as many arguments overflows the stack. */
export const least = (values: Iterable<number>): number => {
  let found = Infinity;
  for (const value of values) found = Math.min(found, value);
  return found;
};

/** The largest of any number of values; −Infinity of none. */
export const greatest = (values: Iterable<number>): number => {
  let found = -Infinity;
  for (const value of values) found = Math.max(found, value);
  return found;
};
