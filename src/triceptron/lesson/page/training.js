// The digits job: epochs over the lesson's own functions, and the history that they leave.

import { Matrix } from "./matrix.js";
import { RandomState } from "./random.js";
import * as steps from "./steps.js";

/** @typedef {import("./steps.js").Parameters} Parameters */
/** @typedef {import("./steps.js").Forward} Forward */
/** @typedef {import("./steps.js").Gradient} Gradient */
/** @typedef {"exercise" | "he"} Scheme */
/** @typedef {{ X: Matrix, y: Uint8Array }} Part */
/** @typedef {{ train: Part, test: Part }} Split */
/**
 * @typedef {object} Settings
 * @property {number} hidden
 * @property {number} learning_rate
 * @property {number} batch_size 0 for all of them
 * @property {number} epochs
 * @property {Scheme} init
 * @property {number} seed
 */
/**
 * The functions that a training calls; the page puts faults into them.
 * @typedef {object} Steps
 * @property {(m: number, h: number, K: number, scheme: Scheme, seed: number) => Parameters} initialize
 * @property {(X: Matrix, parameters: Parameters) => Forward} forward
 * @property {(O: Matrix) => Matrix} softmax
 * @property {(Y: Matrix, O: Matrix) => number} cross_entropy
 * @property {(Y: Matrix, P: Matrix, H: Matrix, Z: Matrix, X: Matrix, parameters: Parameters) => Gradient
 *   } compute_gradient
 * @property {(parameters: Parameters, gradient: Gradient, learning_rate: number) => Parameters} update
 */

/** The text's own settings. @type {Settings} */
export const DEFAULTS = { hidden: 50, learning_rate: 0.03, batch_size: 0, epochs: 1000, init: "exercise", seed: 32 };

/**
 * "exercise" is parameters.initialize's, number by number; "he" has its distribution, from this generator.
 * @param {number} m @param {number} h @param {number} K @param {Scheme} scheme @param {number} seed
 * @returns {Parameters}
 */
export function initialize(m, h, K, scheme, seed) {
  const random = new RandomState(seed);
  if (scheme === "exercise") {
    const W1 = random.normal(m, h).times(0.01);
    const W2 = new RandomState(seed).normal(h, K).times(0.01); // again the same seed, as in the exercise
    return [W1, new Matrix(1, h), W2, new Matrix(1, K)];
  }
  const W1 = random.normal(m, h).times(Math.sqrt(2 / m));
  const W2 = random.normal(h, K).times(Math.sqrt(2 / h));
  return [W1, new Matrix(1, h), W2, new Matrix(1, K)];
}

/** @type {Steps} */
export const STEPS = { ...steps, initialize };

/** The rows of X, by number. @param {Matrix} X @param {ArrayLike<number>} rows */
export function take(X, rows) {
  const taken = new Matrix(rows.length, X.cols);
  for (let i = 0; i < rows.length; i++) {
    taken.data.set(X.data.subarray(rows[i] * X.cols, (rows[i] + 1) * X.cols), i * X.cols);
  }
  return taken;
}

export class Training {
  /** @param {Split} data @param {Settings} settings @param {Steps} s */
  constructor(data, settings, s = STEPS) {
    this.data = data;
    this.settings = settings;
    this.steps = s;
    this.K = 10;
    this.Y = steps.one_hot(data.train.y, this.K);
    this.test_Y = steps.one_hot(data.test.y, this.K);
    this.parameters = s.initialize(data.train.X.cols, settings.hidden, this.K, settings.init, settings.seed);
    this.random = new RandomState(settings.seed);
    /** @type {number[]} before each epoch's update, as History.train_loss */
    this.train_loss = [];
    /** @type {number[]} */
    this.test_loss = [];
  }

  get epochs() {
    return this.train_loss.length;
  }

  get done() {
    return this.epochs >= this.settings.epochs;
  }

  /** One epoch: forward, compute_gradient, update for each batch. */
  epoch() {
    const { steps: s, data, settings } = this;
    const n = data.train.X.rows;
    const size = settings.batch_size > 0 && settings.batch_size < n ? settings.batch_size : n;
    this.test_loss.push(s.cross_entropy(this.test_Y, s.forward(data.test.X, this.parameters).O));
    if (size === n) {
      this.train_loss.push(this.step(data.train.X, this.Y));
      return;
    }
    const order = this.random.permutation(n);
    let total = 0;
    for (let begin = 0; begin < n; begin += size) {
      const rows = order.subarray(begin, begin + size);
      total += rows.length * this.step(take(data.train.X, rows), take(this.Y, rows));
    }
    this.train_loss.push(total / n);
  }

  /** One update; returns the loss before it. @param {Matrix} X @param {Matrix} Y */
  step(X, Y) {
    const s = this.steps;
    const { Z, H, O } = s.forward(X, this.parameters);
    const loss = s.cross_entropy(Y, O);
    const gradient = s.compute_gradient(Y, s.softmax(O), H, Z, X, this.parameters);
    this.parameters = s.update(this.parameters, gradient, this.settings.learning_rate);
    return loss;
  }

  /** What the network says of each test digit now. */
  predictions() {
    return steps.predict(this.data.test.X, this.parameters);
  }

  /** How many test digits it gets right now. */
  correct() {
    const { y } = this.data.test;
    return this.predictions().reduce((right, k, i) => right + Number(k === y[i]), 0);
  }
}
