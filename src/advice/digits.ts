/** A number with so many significant digits. */
export function n(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return value === Infinity ? '∞' : '–';
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(digits - 1);
  const decimals = value === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { maximumFractionDigits: decimals }).replace('-', '−');
}
