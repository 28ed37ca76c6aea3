// The digits of scikit-learn as the text prepares them: 1,078 to learn from, 719 to be tested on, standardised.

import { Matrix } from "./matrix.js";

/** @typedef {import("./training.js").Split} Split */
/**
 * The images as bytes from 0 to 16, those of the training part first.
 * @typedef {{ n_train: number, n_test: number, pixels: Uint8Array, labels: Uint8Array }} Digits
 */

/** Bytes out of base64. @param {string} text */
export function bytes(text) {
  return Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
}

/**
 * What page.py wrote down: a label and 64 pixels for each image.
 * @param {Uint8Array} packed @param {number} n_train @returns {Digits}
 */
export function unpackDigits(packed, n_train) {
  const n = packed.length / 65;
  return { n_train, n_test: n - n_train, labels: packed.subarray(0, n), pixels: packed.subarray(n) };
}

/**
 * Standardise by the training part's mean and standard deviation; a pixel that is always the same is divided by 1.
 * @param {Digits} digits @returns {Split}
 */
export function standardise({ n_train, n_test, pixels, labels }) {
  const m = 64;
  const [mean, scale] = [new Float64Array(m), new Float64Array(m)];
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < n_train; i++) mean[j] += pixels[i * m + j] / n_train;
    for (let i = 0; i < n_train; i++) scale[j] += (pixels[i * m + j] - mean[j]) ** 2 / n_train;
    scale[j] = scale[j] < 1e-20 ? 1 : Math.sqrt(scale[j]);
  }
  /** @param {number} first @param {number} n */
  const part = (first, n) => {
    const X = new Matrix(n, m);
    for (let p = 0; p < n * m; p++) X.data[p] = (pixels[first * m + p] - mean[p % m]) / scale[p % m];
    return { X, y: labels.subarray(first, first + n) };
  };
  return { train: part(0, n_train), test: part(n_train, n_test) };
}
