// Reading a network out of a safetensors file: the one that comes with the page, or anyone's own.

import { Matrix } from "./matrix.js";

/** @typedef {import("./steps.js").Parameters} Parameters */
/**
 * @typedef {object} Model
 * @property {Parameters} parameters
 * @property {Float64Array} mean subtracted from the pixels (0 to 255) first
 * @property {Float64Array} scale that divides them then
 * @property {string[]} classes
 */
/** @typedef {{ shape: number[], values: Float64Array }} Tensor */

export class ModelError extends Error {
  /** @param {string} key the sentence @param {Record<string, string | number>} [values] what goes into it */
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/** @type {Record<string, [number, (view: DataView, at: number) => number]>} */
const DTYPES = {
  F64: [8, (view, at) => view.getFloat64(at, true)],
  F32: [4, (view, at) => view.getFloat32(at, true)],
  I8: [1, (view, at) => view.getInt8(at)],
};
const LARGEST = 64 * 2 ** 20;

/**
 * A network for images of 28 × 28 pixels: of a run of triceptron's commands, of save_model, or packed in 8 bits.
 * @param {Uint8Array} file @returns {Model}
 * @throws {ModelError} that says what is wrong
 */
export function readModel(file) {
  const { tensors, record } = readTensors(file);
  const parameters = /** @type {Parameters} */ (["W1", "b1", "W2", "b2"].map((name) => parameter(tensors, name)));
  const [W1, b1, W2, b2] = parameters;
  if (b1.cols !== W1.cols || W2.rows !== W1.cols || b2.cols !== W2.cols) throw new ModelError("model.shapes");
  if (W1.rows !== 784) throw new ModelError("model.features", { m: W1.rows });
  const classes = record?.classes?.map(String) ?? [..."0123456789"];
  if (classes.length !== b2.cols) throw new ModelError("model.shapes");
  return { parameters, classes, ...standardisation(tensors, W1.rows) };
}

/** @param {Uint8Array} pixels @param {Model} model @returns {Matrix} one row of X */
export function features(pixels, { mean, scale }) {
  return new Matrix(1, pixels.length, Float64Array.from(pixels, (value, j) => (value - mean[j]) / scale[j]));
}

/** @param {Uint8Array} file @returns {{ tensors: Map<string, Tensor>, record: any }} */
function readTensors(file) {
  if (file.length > LARGEST) throw new ModelError("model.large");
  try {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const begin = 8 + Number(view.getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, begin)));
    const { __metadata__: metadata, ...entries } = header;
    const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, tensor(view, begin, entry)]));
    return { tensors, record: metadata?.triceptron && JSON.parse(metadata.triceptron) };
  } catch {
    throw new ModelError("model.unreadable");
  }
}

/** @param {DataView} view @param {number} begin @param {any} entry @returns {Tensor} */
function tensor(view, begin, { dtype, shape, data_offsets: [from, to] }) {
  const [size, get] = DTYPES[dtype];
  const n = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
  if (to - from !== n * size) throw new RangeError("a tensor of another size");
  return { shape, values: Float64Array.from({ length: n }, (_, i) => get(view, begin + from + i * size)) };
}

/** A parameter as a matrix; weights of 8 bits come with a scale for each column. */
/** @param {Map<string, Tensor>} tensors @param {string} name */
function parameter(tensors, name) {
  const found = tensors.get(name);
  if (found === undefined) throw new ModelError("model.missing", { name });
  if (!found.values.every(Number.isFinite)) throw new ModelError("model.finite", { name });
  const [rows, cols] = found.shape.length === 2 ? found.shape : [1, found.values.length];
  const theta = new Matrix(rows, cols, found.values);
  const scale = tensors.get(`${name}_scale`);
  return scale === undefined ? theta : theta.times(new Matrix(1, cols, scale.values));
}

/** Pixels go in as x / 255 where the file holds no standardisation. */
/** @param {Map<string, Tensor>} tensors @param {number} m */
function standardisation(tensors, m) {
  const mean = tensors.get("mean")?.values ?? new Float64Array(m);
  const scale = tensors.get("scale")?.values ?? new Float64Array(m).fill(255);
  if (mean.length !== m || scale.length !== m || !scale.every((s) => s > 0)) throw new ModelError("model.shapes");
  return { mean, scale };
}
