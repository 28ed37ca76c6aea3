// The formulas of the three-layer perceptron, one function each: steps.py in JavaScript, name by name and line
// by line. The numbers (1)–(13) are those of docs/equations.md. No function changes its arguments.
//
// n samples (a row each), m features, h hidden units, K classes:
//     X (n, m)   W1 (m, h)   b1 (1, h)   Z, H (n, h)   W2 (h, K)   b2 (1, K)   O, P, Y (n, K)

import { Matrix, argmax, exp, greater, log, max, maximum, mean, sum } from "./matrix.js";

/** @typedef {[W1: Matrix, b1: Matrix, W2: Matrix, b2: Matrix]} Parameters */
/** @typedef {[dW1: Matrix, db1: Matrix, dW2: Matrix, db2: Matrix]} Gradient */
/** @typedef {{ Z: Matrix, H: Matrix, O: Matrix }} Forward */

/** @param {ArrayLike<number>} y @param {number} K @returns {Matrix} */
export function one_hot(y, K) {
  const Y = new Matrix(y.length, K);
  for (let i = 0; i < y.length; i++) Y.data[i * K + y[i]] = 1;
  return Y;
}

/** @param {Matrix} X @param {Matrix} W @param {Matrix} b @returns {Matrix} */
export function linear_combination(X, W, b) {
  return X.matmul(W).plus(b); // (1), (3)
}

/** @param {Matrix} Z @returns {Matrix} */
export function relu(Z) {
  return maximum(Z, 0); // (2)
}

/** @param {Matrix} Z @returns {Matrix} */
export function relu_derivative(Z) {
  return greater(Z, 0);
}

/** @param {Matrix} O @returns {Matrix} */
export function softmax(O) {
  const E = exp(O.minus(max(O)));
  return E.over(sum(E, -1)); // (4)
}

/** @param {Matrix} O @returns {Matrix} */
export function log_softmax(O) {
  const S = O.minus(max(O));
  return S.minus(log(sum(exp(S), -1))); // (5)
}

/** @param {Matrix} Y @param {Matrix} O @returns {number} */
export function cross_entropy(Y, O) {
  return -mean(sum(Y.times(log_softmax(O)), -1)); // (6)
}

/** @param {Matrix} X @param {Parameters} parameters @returns {Forward} */
export function forward(X, parameters) {
  const [W1, b1, W2, b2] = parameters;
  const Z = linear_combination(X, W1, b1); // (1)
  const H = relu(Z); // (2)
  const O = linear_combination(H, W2, b2); // (3)
  return { Z, H, O };
}

/**
 * @param {Matrix} Y @param {Matrix} P @param {Matrix} H @param {Matrix} Z @param {Matrix} X
 * @param {Parameters} parameters
 * @returns {Gradient}
 */
export function compute_gradient(Y, P, H, Z, X, parameters) {
  const n = Y.rows;
  const dO = P.minus(Y).over(n); // (7)
  return backpropagate(dO, H, relu_derivative(Z), X, parameters);
}

/**
 * @param {Matrix} dO @param {Matrix} H @param {Matrix} slope @param {Matrix} X @param {Parameters} parameters
 * @returns {Gradient}
 */
export function backpropagate(dO, H, slope, X, parameters) {
  const [, , W2] = parameters;
  const dW2 = H.T.matmul(dO); // (8)
  const db2 = sum(dO, 0); // (9)
  const dZ = dO.matmul(W2.T).times(slope); // (10)
  const dW1 = X.T.matmul(dZ); // (11)
  const db1 = sum(dZ, 0); // (12)
  return [dW1, db1, dW2, db2];
}

/** @param {Parameters} parameters @param {Gradient} gradient @param {number} learning_rate @returns {Parameters} */
export function update(parameters, gradient, learning_rate) {
  const stepped = parameters.map((theta, i) => theta.minus(gradient[i].times(learning_rate))); // (13)
  return /** @type {Parameters} */ (stepped);
}

/** @param {Matrix} X @param {Parameters} parameters @returns {Int32Array} */
export function predict(X, parameters) {
  return argmax(forward(X, parameters).O);
}
