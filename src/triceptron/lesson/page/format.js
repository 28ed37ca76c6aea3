// Numbers as people write them.

/** Short enough for a cell, with a true minus. @param {number} value */
export function short(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (size === 0) return "0";
  if (size >= 1000) return minus(value.toExponential(0));
  if (size >= 100) return minus(value.toFixed(0));
  if (size >= 10) return minus(value.toFixed(1));
  if (size < 0.0005) return minus(value.toExponential(0));
  return minus(String(Number(value.toFixed(size >= 1 ? 2 : 3))));
}

/** To a number of significant digits. @param {number} value @param {number} [digits] */
export function precise(value, digits = 4) {
  if (!Number.isFinite(value)) return short(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  return minus(size < 1e-4 || size >= 1e6 ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits))));
}

/** @param {number} value @param {number} digits after the point */
export function fixed(value, digits) {
  return Number.isFinite(value) ? minus(value.toFixed(digits)) : short(value);
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)} %`;
}

/** @param {string} text */
export function minus(text) {
  return text.replace(/-/g, "−");
}
