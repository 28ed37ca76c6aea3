// One step of the network, every number of it: the forward pass in a row, each derivative under what it is the
// derivative of, and what the update makes of it under that. Pointing at a number shows where it comes from.

import { EQUATIONS, computeStep, equationOf, origin } from "./equations.js";
import { append, h, replace, rich, symbol } from "./dom.js";
import { precise } from "./format.js";
import { MatrixView } from "./matrixview.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./equations.js").Cell} Cell */
/** @typedef {import("./equations.js").Values} Values */
/** @typedef {import("./equations.js").Token} Token */
/** @typedef {Record<string, { function: string, line: string }[]>} Lines of steps.py, by the equation's number */
/**
 * @typedef {object} Problem
 * @property {Matrix} X
 * @property {Matrix} Y
 * @property {import("./steps.js").Parameters} parameters
 * @property {number} learning_rate
 * @property {Node[]} [samples] a picture of each row of X
 * @property {Values} [theirs] what someone's own functions made instead
 */

/** Column by column: what stands in the forward row, in the backward row, in the row of the update. */
const PLACES = [
  [["X"], [], []],
  [["W1", "b1"], ["dW1", "db1"], ["W1′", "b1′"]],
  [["Z"], ["dZ"], []],
  [["H"], ["slope"], []],
  [["W2", "b2"], ["dW2", "db2"], ["W2′", "b2′"]],
  [["O"], ["dO"], []],
  [["P", "logP", "loss"], ["Y"], ["loss′"]],
];
const ROWS = ["forward", "backward", "update"];
const MOST_TERMS = 6;

export class StepView {
  /**
   * @param {import("./i18n.js").Translate} t
   * @param {Lines} lines
   * @param {(seen: { equation: number | null, cell: Cell | null }) => void} [onchange]
   */
  constructor(t, lines, onchange = () => {}) {
    this.t = t;
    this.lines = lines;
    this.onchange = onchange;
    /** @type {number | null} null: all of them */
    this.equation = null;
    /** @type {Cell | null} */
    this.cell = null;
    this.pinned = false;
    this.large = false;
    this.samples = h("div", { class: "samples" });
    /** @type {Map<string, MatrixView>} */
    this.views = new Map();
    this.chips = [null, ...EQUATIONS.map(({ number }) => number)].map((number) =>
      h(
        "button",
        { type: "button", class: "chip", tabindex: -1, onclick: () => this.choose(number) },
        number === null ? t("step.all") : `(${number})`,
      ),
    );
    this.toolbar = h(
      "div",
      { class: "chips", role: "toolbar", "aria-label": t("step.equations"), onkeydown: (/** @type {KeyboardEvent} */ e) => this.walk(e) },
      this.chips,
    );
    this.formula = h("div", { class: "formula" });
    this.code = h("div", { class: "code" });
    this.says = h("p", { class: "says" });
    this.sum = h("p", { class: "sum", "aria-live": "polite" });
    this.flow = h("div", { class: "flow" });
    this.flow.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.release();
    });
    this.element = h(
      "div",
      { class: "stepview" },
      h(
        "div",
        { class: "equation-bar" },
        h("button", { type: "button", class: "button icon", "aria-label": t("step.previous"), onclick: () => this.next(-1) }, "‹"),
        this.toolbar,
        h("button", { type: "button", class: "button icon", "aria-label": t("step.next"), onclick: () => this.next(1) }, "›"),
      ),
      h("div", { class: "explain" }, h("div", { class: "what" }, this.formula, this.says), this.code, this.sum),
      this.flow,
    );
  }

  /** @param {Problem} problem */
  show(problem) {
    const { X, Y, parameters, learning_rate } = problem;
    this.problem = problem;
    this.ours = computeStep(X, Y, parameters, learning_rate);
    this.values = { ...this.ours, ...problem.theirs };
    const same = [...this.views].every(([name, { values }]) => {
      const now = /** @type {Values} */ (this.values)[name];
      return now.rows === values.rows && now.cols === values.cols;
    });
    if (this.views.size > 0 && same) this.views.forEach((view, name) => view.show(/** @type {Values} */ (this.values)[name]));
    else this.build();
    replace(this.samples, problem.samples ?? []);
    this.markDifferent();
    this.refresh();
  }

  build() {
    this.views.clear();
    const values = /** @type {Values} */ (this.values);
    replace(this.flow);
    this.large = [values.W1.rows, values.W1.cols, values.W2.cols].some((size) => size > 8);
    ROWS.forEach((row, r) => {
      // In the order of reading, which is that of computing: the backward pass goes from the loss to the input.
      const columns = [...PLACES.keys()];
      if (row === "backward") columns.splice(1, columns.length, ...columns.slice(1).reverse());
      for (const c of columns) {
        const names = PLACES[c][r];
        const place = h("div", { class: `place ${row}` });
        place.style.gridColumn = String(c + 1);
        place.style.gridRow = String(r + 1);
        for (const name of names) {
          const view = this.makeView(name, values[name]);
          this.views.set(name, view);
          place.append(view.element);
        }
        if (c === 0 && r === 0) place.append(this.samples);
        if (c === 0 && r > 0) append(place, [h("p", { class: "row-label" }, rich(this.t(`step.row.${row}`)))]);
        this.flow.append(place);
      }
    });
  }

  /** @param {string} name @param {Matrix} values */
  makeView(name, values) {
    const number = equationOf(name)?.number;
    const chip =
      number !== undefined &&
      h("button", { type: "button", class: "cite", onclick: () => this.choose(number), "aria-label": this.t("step.equation", { number }) }, `(${number})`);
    const shown = name === "logP" ? "log P" : name;
    const title = name === "slope" ? h("span", { class: "symbol" }, "relu′(", h("i", {}, "Z"), ")") : symbol(shown);
    return new MatrixView(name, values, {
      caption: [title, ...(chip ? [chip] : [])],
      label: this.t("step.matrix", { name: shown, rows: values.rows, cols: values.cols }),
      large: this.large,
      onpoint: (cell) => {
        if (!this.pinned) this.point(cell);
      },
      onpin: (cell) => {
        const again = this.pinned && this.cell !== null && equal(cell, this.cell);
        this.pinned = !again;
        this.point(cell);
      },
    });
  }

  /** @param {Cell | null} cell */
  point(cell) {
    if (cell !== null && this.equation !== null && !this.known(cell.name)) return;
    this.cell = cell;
    this.refresh();
    this.onchange({ equation: this.equation, cell });
  }

  release() {
    this.pinned = false;
    this.point(null);
  }

  /** @param {number | null} number */
  choose(number) {
    this.equation = number;
    this.cell = null;
    this.pinned = false;
    this.refresh();
    this.onchange({ equation: number, cell: null });
  }

  /** @param {number} by */
  next(by) {
    const count = EQUATIONS.length + 1;
    const at = ((this.equation ?? 0) + by + count) % count;
    this.choose(at === 0 ? null : at);
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.next(by);
    this.chips[this.equation ?? 0].focus();
  }

  /** Whether a matrix has been computed yet, as far as the equations have been walked. @param {string} name */
  known(name) {
    const made = equationOf(name)?.number ?? 0;
    return this.equation === null || made <= this.equation;
  }

  refresh() {
    const values = this.values;
    if (values === undefined || this.problem === undefined) return;
    const found = this.cell && origin(this.cell, values, this.problem.learning_rate);
    const shown = found?.equation ?? this.equation;
    const equation = EQUATIONS.find(({ number }) => number === shown) ?? null;
    this.chips.forEach((chip, i) => {
      const on = i === (this.equation ?? 0);
      chip.setAttribute("aria-pressed", String(on));
      chip.tabIndex = on ? 0 : -1;
      chip.classList.toggle("lit", i > 0 && i === shown);
    });
    this.views.forEach((view, name) => {
      view.mark(this.cell, found?.from ?? []);
      view.element.classList.toggle("unknown", !this.known(name));
      view.element.classList.toggle("result", equation !== null && equation.makes.includes(name));
      view.element.classList.toggle("operand", this.cell === null && equation !== null && equation.from.includes(name));
    });
    this.explain(equation, found);
  }

  /** @param {import("./equations.js").Equation | null} equation @param {import("./equations.js").Origin | null} found */
  explain(equation, found) {
    const { t } = this;
    const key = equation?.number ?? (this.cell ? `of.${this.cell.name}` : "all");
    if (equation === null) replace(this.formula);
    else this.formula.innerHTML = equation.mathml;
    replace(this.says, rich(t(`step.says.${key}`)));
    const lines = equation === null ? [] : this.lines[equation.number] ?? [];
    replace(
      this.code,
      lines.map((cited) => h("code", {}, h("span", { class: "function" }, `${cited.function}  `), cited.line)),
    );
    if (this.cell === null || found === null) {
      replace(this.sum, h("span", { class: "hint" }, t("step.point")));
      return;
    }
    const { name, i, j } = this.cell;
    const value = /** @type {Values} */ (this.values)[name].at(i, j);
    const told = [h("b", {}, symbol(name === "logP" ? "log P" : name), `[${i}, ${j}]`), " = "];
    if (found.sum.length > 0) append(this.sum, (replace(this.sum), [...told, ...this.write(found.sum), " = "]));
    else replace(this.sum, told);
    append(this.sum, [h("b", { class: value < 0 ? "minus" : "plus" }, precise(value))]);
    const ours = /** @type {Values} */ (this.ours)[name].at(i, j);
    if (differs(value, ours)) append(this.sum, [h("span", { class: "wrong" }, ` ${t("step.ours", { value: precise(ours) })}`)]);
  }

  /** A sum with its numbers in their colours; the middle of a long one is left out. @param {Token[]} sum */
  write(sum) {
    const plus = sum.flatMap((token, p) => (token === " + " ? [p] : []));
    /** @type {(Node | string)[]} */
    const words = [];
    const cut = plus.length > MOST_TERMS ? [plus[MOST_TERMS - 2], plus[plus.length - 2]] : null;
    sum.forEach((token, p) => {
      if (cut !== null && p >= cut[0] && p < cut[1]) {
        if (p === cut[0]) words.push(this.t("step.more", { count: plus.length - MOST_TERMS }));
        return;
      }
      if (typeof token === "string") words.push(token);
      else words.push(h("span", { class: token.value < 0 ? "number minus" : "number plus" }, precise(token.value, 3)));
    });
    return words;
  }

  /** Outline the numbers of someone's own functions that are not ours. */
  markDifferent() {
    for (const [name, view] of this.views) {
      const [theirs, ours] = [/** @type {Values} */ (this.values)[name], /** @type {Values} */ (this.ours)[name]];
      const wrong = theirs.data.some((value, p) => differs(value, ours.data[p]));
      view.element.classList.toggle("different", wrong);
      view.cells?.flat().forEach((td, p) => td.classList.toggle("wrong", differs(theirs.data[p], ours.data[p])));
    }
  }
}

/** @param {number} a @param {number} b */
function differs(a, b) {
  return !(Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b), 1e-3));
}

/** @param {Cell} a @param {Cell} b */
function equal(a, b) {
  return a.name === b.name && a.i === b.i && a.j === b.j;
}
