/** Numbers and times as people read them, in tables, on axes and on the terminal. */

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * `digits` significant digits: 0.00453, 12.3, 1,234, 1.2×10⁻⁷; a dash where there is no number.
 *
 * @example
 * ```ts
 * number(0.123456); // 0.123
 * ```
 */
export function number(value: number | null | undefined, digits = 3): string {
  if (value === undefined || value === null) return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  // As it is rounded: 9.999 has as many digits as 10.
  const size = Math.abs(Number(value.toPrecision(digits)));
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e7) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
    const raised = [...exponent].map((c) => (c === '-' ? '⁻' : c === '+' ? '' : superscripts[Number(c)])).join('');
    return `${minus(mantissa)}×10${raised}`;
  }
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
}

/** Like {@link number} without zeros at the end: ticks of an axis. */
export const tick = (value: number): string => short(value, 3);

/** `digits` significant digits, without zeros at the end: 0.05, 100. */
export function short(value: number, digits: number): string {
  const text = number(value, digits);
  return /\.\d*$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}

/**
 * A whole number with its thousands apart.
 *
 * @example
 * ```ts
 * count(1234); // 1,234
 * ```
 */
export function count(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–';
  return Number.isFinite(value) ? minus(Math.round(value).toLocaleString('en-US')) : number(value);
}

/** 1 step, 2 steps. */
export const many = (value: number | null | undefined, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

/**
 * A share as per cent.
 *
 * @example
 * ```ts
 * percent(0.0125); // 1.25 %
 * ```
 */
export function percent(share: number | null | undefined, digits = 3): string {
  if (share === undefined || share === null) return '–';
  if (!Number.isFinite(share)) return number(share);
  return share === 1 ? '100 %' : `${number(100 * share, digits)} %`;
}

/**
 * 0.35 s, 12.3 s, 1 min 15 s, 2 h 5 min.
 *
 * @example
 * ```ts
 * duration(90); // 1 min 30 s
 * ```
 */
export function duration(seconds: number | null | undefined): string {
  if (seconds === undefined || seconds === null) return '–';
  if (!Number.isFinite(seconds)) return number(seconds);
  if (seconds < 59.95) return `${seconds < 0.995 ? number(seconds, 2) : tick(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

/** a, b and c. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** At most `length` characters, an ellipsis in place of the rest. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1)).trimEnd()}…`;
}

function minus(text: string): string {
  return text.replace('-', '−');
}
