// Faults, put into the lesson's functions one at a time; faults.py has the same by the same names, in Python.

import { Matrix, exp, log, map, mean, sum } from "./matrix.js";
import { RandomState } from "./random.js";
import * as steps from "./steps.js";
import { STEPS } from "./training.js";

/** @typedef {import("./training.js").Steps} Steps */
/** @typedef {import("./steps.js").Gradient} Gradient */

/** A gradient made otherwise than it should be. */
/** @param {(parts: { Y: Matrix, P: Matrix, H: Matrix, Z: Matrix, X: Matrix, parameters: import("./steps.js").Parameters,
 *   n: number, dO: Matrix }) => Gradient} make @returns {Partial<Steps>} */
const gradient = (make) => ({
  compute_gradient: (Y, P, H, Z, X, parameters) =>
    make({ Y, P, H, Z, X, parameters, n: Y.rows, dO: P.minus(Y).over(Y.rows) }),
});

/** @type {Record<string, Partial<Steps>>} */
const PARTS = {
  // Z has become H when the slope is asked for: nothing in it is negative, every slope is 1.
  relu_in_place: gradient(({ dO, H, X, parameters }) => {
    const slope = map(H, (z) => Number(z >= 0));
    return steps.backpropagate(dO, H, slope, X, parameters);
  }),
  whole_maximum: { cross_entropy: (Y, O) => -mean(sum(Y.times(log_softmax_of_whole(O)), -1)) },
  same_seed: {
    initialize: (m, h, K, scheme, seed) => {
      const [W1, b1, W2, b2] = STEPS.initialize(m, h, K, scheme, seed);
      const again = new RandomState(seed).normal(h, K);
      return [W1, b1, scheme === "he" ? again.times(Math.sqrt(2 / h)) : W2, b2];
    },
  },
  plain_softmax: { softmax: plain_softmax },
  n_twice: gradient(({ dO, H, Z, X, parameters, n }) => {
    const [dW1, db1, dW2, db2] = steps.backpropagate(dO, H, steps.relu_derivative(Z), X, parameters);
    return [dW1, db1, dW2.over(n), db2];
  }),
  // H is never negative, so H >= 0 is true everywhere; H > 0 would be right.
  wrong_mask: gradient(({ dO, H, X, parameters }) => {
    const slope = map(H, (value) => Number(value >= 0));
    return steps.backpropagate(dO, H, slope, X, parameters);
  }),
  missing_minus: { cross_entropy: (Y, O) => -steps.cross_entropy(Y, O) },
  extra_slope: gradient(({ dO, P, H, Z, X, parameters }) => {
    const slope = P.times(map(P, (p) => 1 - p));
    return steps.backpropagate(dO.times(slope), H, steps.relu_derivative(Z), X, parameters);
  }),
  mean_bias: gradient(({ dO, H, Z, X, parameters, n }) => {
    const [dW1, db1, dW2, db2] = steps.backpropagate(dO, H, steps.relu_derivative(Z), X, parameters);
    return [dW1, db1.over(n), dW2, db2];
  }),
};

export const FAULTS = Object.keys(PARTS);

/** The lesson's functions with one fault in them. @param {string} name @returns {Steps} */
export function withFault(name) {
  return { ...STEPS, ...PARTS[name] };
}

/** @param {Matrix} O */
export function plain_softmax(O) {
  const E = exp(O);
  return E.over(sum(E, -1));
}

/** @param {Matrix} O */
export function log_softmax_of_whole(O) {
  const S = O.minus(O.data.reduce((a, b) => Math.max(a, b), -Infinity));
  return S.minus(log(sum(exp(S), -1)));
}
