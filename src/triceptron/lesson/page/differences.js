// What calculus says: each parameter moved a little up and a little down, and what the loss makes of it.

import { Matrix } from "./matrix.js";

/** @typedef {import("./steps.js").Parameters} Parameters */
/** @typedef {{ up: number, down: number, slope: number }} Difference */

export const EPSILON = 1e-5;

/**
 * The loss a step above and a step below a parameter's entry, and the slope between them.
 * @param {(parameters: Parameters) => number} loss @param {Parameters} parameters
 * @param {number} which of the four @param {number} p the entry's place @returns {Difference}
 */
export function difference(loss, parameters, which, p) {
  const [up, down] = [EPSILON, -EPSILON].map((step) => {
    const theta = parameters[which];
    const moved = new Matrix(theta.rows, theta.cols, theta.data.slice());
    moved.data[p] += step;
    return loss(/** @type {Parameters} */ (parameters.map((each, i) => (i === which ? moved : each))));
  });
  return { up, down, slope: (up - down) / (2 * EPSILON) };
}

/** The whole gradient so. @param {(parameters: Parameters) => number} loss @param {Parameters} parameters */
export function centralDifferences(loss, parameters) {
  return parameters.map((theta, which) => {
    const slopes = theta.data.map((_, p) => difference(loss, parameters, which, p).slope);
    return new Matrix(theta.rows, theta.cols, slopes);
  });
}

/** Whether a derivative is not what the differences say, beyond their own error. @param {number} a @param {number} b */
export function disagree(a, b) {
  return !(Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b)) + 1e-8);
}
