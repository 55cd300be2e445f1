/** 1 row, 2 rows. */
export const counted = (value: number, one: string, more = `${one}s`): string => `${value} ${value === 1 ? one : more}`;
