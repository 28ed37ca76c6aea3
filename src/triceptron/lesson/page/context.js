// What every chapter is given.

/** @typedef {import("./model.js").Model} Model */
/** @typedef {{ name: string, function: string, right: string, wrong: string, published: boolean }} Fault */
/**
 * What page.py has looked up: lines of steps.py, the checker's own words, the size of the training part.
 * @typedef {object} Facts
 * @property {string} version
 * @property {number} n_train
 * @property {import("./stepview.js").Lines} lines
 * @property {Fault[]} faults
 * @property {Record<string, Record<string, { step: string, says: string, cause: string }[]>>} verdicts by language and fault
 */
/**
 * @typedef {object} Context
 * @property {import("./i18n.js").Translate} t
 * @property {import("./i18n.js").Language} language
 * @property {import("./state.js").Address} address
 * @property {Facts} facts
 * @property {() => import("./data.js").Digits} digits
 * @property {() => import("./training.js").Split} split
 * @property {() => Model} model the network that comes with the page
 * @property {(text: string) => void} say to a screen reader
 */
/** A chapter puts itself into an element and returns what takes it away again. */
/** @typedef {(root: HTMLElement, context: Context) => () => void} Chapter */

export {};
