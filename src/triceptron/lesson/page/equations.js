// The equations (1)–(13): what each makes out of what, as MathML, and where any single number comes from.

import { exp, max, sum } from "./matrix.js";
import { precise } from "./format.js";
import * as steps from "./steps.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./steps.js").Parameters} Parameters */
/** @typedef {Record<string, Matrix>} Values each matrix of a step by its name */
/** @typedef {{ name: string, i: number, j: number }} Cell */
/** @typedef {{ number: number, makes: string[], from: string[], mathml: string }} Equation */
/** @typedef {string | { cell: Cell, value: number }} Token a piece of a sum written out */
/** @typedef {{ equation: number | null, from: Cell[], sum: Token[] }} Origin */

/** @param {string} x */
const mi = (x) => `<mi>${x}</mi>`;
/** @param {string} x */
const mo = (x) => `<mo>${x}</mo>`;
/** @param {string} base @param {string} index */
const sub = (base, index) => `<msub>${mi(base)}<mrow>${index}</mrow></msub>`;
/** @param {string} base @param {string} number */
const sub1 = (base, number) => sub(base, `<mn>${number}</mn>`);
/** @param {string} x */
const d = (x) => `<mi mathvariant="normal">d</mi>${x}`;
/** @param {string} x */
const T = (x) => `<msup>${x}<mi mathvariant="normal">T</mi></msup>`;
/** @param {string} index */
const S = (index) => `<munder>${mo("∑")}<mrow>${mi(index)}</mrow></munder>`;
/** @param {string} top @param {string} bottom */
const frac = (top, bottom) => `<mfrac><mrow>${top}</mrow><mrow>${bottom}</mrow></mfrac>`;
/** @param {string} x */
const paren = (x) => `<mrow>${mo("(")}${x}${mo(")")}</mrow>`;
const [W1, W2, b1, b2] = [sub1("W", "1"), sub1("W", "2"), sub1("b", "1"), sub1("b", "2")];
const ik = mi("i") + mi("k");
/** @param {string} index */
const shifted = (index) => sub("O", mi("i") + mi(index)) + mo("−") + sub("M", mi("i"));
/** @param {string} index */
const e = (index) => `<msup>${mi("e")}<mrow>${shifted(index)}</mrow></msup>`;
const minusLogSum = `${mo("−")}${mi("log")}${S("j")}${e("j")}`;
const n1 = frac("<mn>1</mn>", mi("n"));

/** @type {Equation[]} */
export const EQUATIONS = [
  [["Z"], ["X", "W1", "b1"], mi("Z") + mo("=") + mi("X") + W1 + mo("+") + b1],
  [["H"], ["Z"], `${mi("H")}${mo("=")}${mi("max")}${paren(`${mi("Z")}${mo(",")}<mn>0</mn>`)}`],
  [["O"], ["H", "W2", "b2"], mi("O") + mo("=") + mi("H") + W2 + mo("+") + b2],
  [["P"], ["O"], sub("P", ik) + mo("=") + frac(e("k"), S("j") + e("j"))],
  [["logP"], ["O"], mi("log") + sub("P", ik) + mo("=") + shifted("k") + minusLogSum],
  [["loss"], ["Y", "logP"], `<mtext>loss</mtext>${mo("=")}${mo("−")}${n1}${S("i")}${S("k")}${sub("Y", ik)}${mi("log")}${sub("P", ik)}`],
  [["dO"], ["P", "Y"], d(mi("O")) + mo("=") + n1 + paren(mi("P") + mo("−") + mi("Y"))],
  [["dW2"], ["H", "dO"], d(W2) + mo("=") + T(mi("H")) + d(mi("O"))],
  [["db2"], ["dO"], d(b2) + mo("=") + S("i") + d(sub("O", mi("i")))],
  [["dZ", "slope"], ["dO", "W2", "Z"], `${d(mi("Z"))}${mo("=")}${paren(`${d(mi("O"))}<msubsup>${mi("W")}<mn>2</mn><mi mathvariant="normal">T</mi></msubsup>`)}${mo("∘")}<msup>${mi("relu")}${mo("′")}</msup>${paren(mi("Z"))}`],
  [["dW1"], ["X", "dZ"], d(W1) + mo("=") + T(mi("X")) + d(mi("Z"))],
  [["db1"], ["dZ"], d(b1) + mo("=") + S("i") + d(sub("Z", mi("i")))],
  [["W1′", "b1′", "W2′", "b2′"], ["W1", "b1", "W2", "b2", "dW1", "db1", "dW2", "db2"], mi("θ") + mo("←") + mi("θ") + mo("−") + mi("η") + d(mi("θ"))],
].map(([makes, from, content], i) => ({
  number: i + 1,
  makes: /** @type {string[]} */ (makes),
  from: /** @type {string[]} */ (from),
  mathml: `<math display="block">${content}</math>`,
}));

/** Every matrix of one step, by the lesson's own functions. */
/** @param {Matrix} X @param {Matrix} Y @param {Parameters} parameters @param {number} learning_rate */
export function computeStep(X, Y, parameters, learning_rate) {
  const { Z, H, O } = steps.forward(X, parameters);
  const P = steps.softmax(O);
  const gradient = steps.compute_gradient(Y, P, H, Z, X, parameters);
  const dO = P.minus(Y).over(Y.rows);
  const slope = steps.relu_derivative(Z);
  const dZ = dO.matmul(parameters[2].T).times(slope);
  const loss = sum(sum(Y.times(steps.log_softmax(O)), -1), 0).over(-Y.rows);
  const stepped = steps.update(parameters, gradient, learning_rate);
  /** @type {Values} */
  const values = { X, Y, Z, H, O, P, logP: steps.log_softmax(O), loss, dO, slope, dZ };
  ["W1", "b1", "W2", "b2"].forEach((name, i) => {
    values[name] = parameters[i];
    values[`d${name}`] = gradient[i];
    values[`${name}′`] = stepped[i];
  });
  const after = steps.forward(X, stepped).O;
  values["loss′"] = sum(sum(Y.times(steps.log_softmax(after)), -1), 0).over(-Y.rows);
  return values;
}

/** @param {string} name */
export function equationOf(name) {
  return EQUATIONS.find(({ makes }) => makes.includes(name)) ?? null;
}

/** Which numbers made this one, and the sum written out. @param {Cell} at @param {Values} v @param {number} eta */
export function origin({ name, i, j }, v, eta) {
  /** @type {Cell[]} */
  const from = [];
  /** @param {string} of @param {number} row @param {number} col @returns {Token} */
  const the = (of, row, col) => {
    const cell = { name: of, i: row, j: col };
    from.push(cell);
    return { cell, value: v[of].at(row, col) };
  };
  const sum = written(name, i, j, v, eta, the);
  return { equation: equationOf(name)?.number ?? null, from, sum };
}

/**
 * @param {string} name @param {number} i @param {number} j @param {Values} v @param {number} eta
 * @param {(of: string, row: number, col: number) => Token} the
 * @returns {Token[]}
 */
function written(name, i, j, v, eta, the) {
  /** @param {number} count @param {(k: number) => Token[]} term */
  const add = (count, term) => {
    const terms = Array.from({ length: count }, (_, k) => term(k));
    return terms.flatMap((tokens, k) => (k === 0 ? tokens : [" + ", ...tokens]));
  };
  const { X, H, O, Y, dO } = v;
  const n = X.rows;
  const K = O.cols;
  switch (name) {
    case "Z":
      return [...add(X.cols, (k) => [the("X", i, k), " × ", the("W1", k, j)]), " + ", the("b1", 0, j)];
    case "H":
      return ["max(", the("Z", i, j), ", 0)"];
    case "O":
      return [...add(H.cols, (k) => [the("H", i, k), " × ", the("W2", k, j)]), " + ", the("b2", 0, j)];
    case "P":
    case "logP": {
      const M = max(O).at(i, 0);
      const total = sum(exp(O.minus(max(O))), -1).at(i, 0);
      const own = the("O", i, j);
      for (let k = 0; k < K; k++) if (k !== j) the("O", i, k);
      const top = [own, ` − (${precise(M, 3)})`];
      return name === "P" ? ["exp(", ...top, `) / ${precise(total)}`] : [...top, ` − log ${precise(total)}`];
    }
    case "loss":
      return ["−(", ...add(n, (row) => [the("logP", row, theOne(Y, row))]), `) / ${n}`];
    case "dO":
      return ["(", the("P", i, j), " − ", the("Y", i, j), `) / ${n}`];
    case "dW2":
      return add(n, (row) => [the("H", row, i), " × ", the("dO", row, j)]);
    case "db2":
      return add(n, (row) => [the("dO", row, j)]);
    case "slope":
      return [the("Z", i, j), v.Z.at(i, j) > 0 ? " > 0" : " ≤ 0"];
    case "dZ":
      return ["(", ...add(K, (k) => [the("dO", i, k), " × ", the("W2", j, k)]), ") × ", the("slope", i, j)];
    case "dW1":
      return add(n, (row) => [the("X", row, i), " × ", the("dZ", row, j)]);
    case "db1":
      return add(n, (row) => [the("dZ", row, j)]);
    default: {
      if (!name.endsWith("′") || name === "loss′") return [];
      const theta = name.slice(0, -1);
      return [the(theta, i, j), ` − ${precise(eta)} × `, the(`d${theta}`, i, j)];
    }
  }
}

/** Where a row of Y has its one. @param {Matrix} Y @param {number} row */
function theOne(Y, row) {
  let place = 0;
  for (let k = 1; k < Y.cols; k++) if (Y.at(row, k) > Y.at(row, place)) place = k;
  return place;
}
