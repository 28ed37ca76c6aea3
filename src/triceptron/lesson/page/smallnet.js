// A network that can be reckoned by hand: four numbers of a picture in, five hidden units, three digits out.

import { Matrix, map } from "./matrix.js";
import { initialize } from "./training.js";

/** @typedef {import("./steps.js").Parameters} Parameters */
/** @typedef {{ X: Matrix, y: number[], classes: number, start: Parameters, samples: number[] }} Task */

const CLASSES = [0, 4, 7];
const SEED = 343; // of a start that leaves no unit silent for all of the first samples but one

/** To one decimal, so that a sum can be done by hand. @param {Matrix} A */
const rounded = (A) => map(A, (value) => Math.round(10 * value) / 10);

/** How much ink is in each quarter of a digit, from 0 to 1. @param {Uint8Array} pixels */
export function quarters(pixels) {
  const ink = [0, 0, 0, 0];
  pixels.forEach((value, p) => (ink[2 * Number(p >= 32) + Number(p % 8 >= 4)] += value / 256));
  return ink;
}

/** @param {import("./data.js").Digits} digits @param {number} n @param {number} first @returns {Task} */
export function smallTask({ pixels, labels, n_train }, n, first) {
  const known = [...Array(n_train).keys()].filter((i) => CLASSES.includes(labels[i]));
  const samples = Array.from({ length: n }, (_, i) => known[first + i]);
  const X = rounded(Matrix.of(samples.map((i) => quarters(pixels.subarray(64 * i, 64 * i + 64)))));
  const start = /** @type {Parameters} */ (initialize(4, 5, 3, "he", SEED).map(rounded));
  return { X, y: samples.map((i) => CLASSES.indexOf(labels[i])), classes: 3, start, samples };
}
