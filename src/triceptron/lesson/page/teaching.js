// A few steps of training on the reader's own digits, and these digits as a file.

import { Matrix } from "./matrix.js";
import { features } from "./model.js";
import * as steps from "./steps.js";

/** @typedef {import("./model.js").Model} Model */
/**
 * A digit that the reader has drawn and named.
 * @typedef {{ label: number, pixels: Uint8Array, ink: string, radius: number, prepared: boolean }} Lesson
 */

export const TAUGHT_STEPS = 15;
const LEARNING_RATE = 0.02;

/** The model after steps of plain descent on the lessons. */
/** @param {Model} model @param {Lesson[]} lessons @param {number} [count] @returns {Model} */
export function teach(model, lessons, count = TAUGHT_STEPS) {
  const m = model.parameters[0].rows;
  const X = new Matrix(lessons.length, m);
  lessons.forEach(({ pixels }, i) => X.data.set(features(pixels, model).data, i * m));
  const Y = steps.one_hot(lessons.map(({ label }) => label), model.classes.length);
  let { parameters } = model;
  for (let step = 0; step < count; step++) {
    const { Z, H, O } = steps.forward(X, parameters);
    const gradient = steps.compute_gradient(Y, steps.softmax(O), H, Z, X, parameters);
    parameters = steps.update(parameters, gradient, LEARNING_RATE);
  }
  return { ...model, parameters };
}

/** Kaggle's format: a label and 784 pixels from 0 to 255 a row. */
/** @param {Lesson[]} lessons @param {string[]} classes */
export function kaggleCsv(lessons, classes) {
  const head = ["label", ...Array.from({ length: 784 }, (_, p) => `pixel${p}`)].join();
  return `${[head, ...lessons.map(({ label, pixels }) => [classes[label], ...pixels].join())].join("\n")}\n`;
}
