/** 1 row, 2 rows. */
export const many = (value: number, one: string, more = `${one}s`): string => `${value} ${value === 1 ? one : more}`;
