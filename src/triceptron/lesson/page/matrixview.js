// A matrix on the screen: numbers on colours where it is small, colours alone where it is large.
//
// One cell at a time can be reached with Tab and left with the cursor keys; pointing at a cell or reaching it tells
// the owner.

import { palette, largestOf, paint, strength } from "./colours.js";
import { short } from "./format.js";
import { h, replace } from "./dom.js";

/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./equations.js").Cell} Cell */

const MOST_COLS = 12;
const MOST_ROWS = 12;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class MatrixView {
  /**
   * @param {string} name
   * @param {Matrix} values
   * @param {{ caption: Node[], label: string, onpoint: (cell: Cell) => void, onpin: (cell: Cell) => void,
   *   large?: boolean }} options
   */
  constructor(name, values, { caption, label, onpoint, onpin, large = false }) {
    this.name = name;
    this.values = values;
    this.onpoint = onpoint;
    this.onpin = onpin;
    this.at = { i: 0, j: 0 };
    this.large = large || values.cols > MOST_COLS || values.rows > MOST_ROWS;
    this.body = this.large ? this.makeCanvas(label) : this.makeTable(label);
    this.element = h(
      "figure",
      { class: "matrix", "data-name": name },
      h("figcaption", {}, caption, h("span", { class: "shape" }, `${values.rows} × ${values.cols}`)),
      this.body,
    );
    this.show(values);
  }

  /** @param {string} label */
  makeTable(label) {
    const { rows, cols } = this.values;
    this.cells = Array.from({ length: rows }, (_, i) =>
      Array.from({ length: cols }, (_, j) => h("td", { role: "gridcell", tabindex: i + j === 0 ? 0 : -1 })),
    );
    const table = h(
      "table",
      { role: "grid", "aria-label": label },
      h("tbody", {}, this.cells.map((row) => h("tr", {}, row))),
    );
    /** @param {Event} event @returns {[number, number] | null} */
    const place = (event) => {
      const td = /** @type {HTMLElement} */ (event.target).closest("td");
      if (td === null) return null;
      const tr = /** @type {HTMLTableRowElement} */ (td.parentElement);
      return [tr.rowIndex, td.cellIndex];
    };
    for (const kind of ["pointerover", "focusin", "click"]) {
      table.addEventListener(kind, (event) => this.point(place(event), kind === "click"));
    }
    table.addEventListener("keydown", (event) => this.move(event));
    return table;
  }

  /** @param {string} label */
  makeCanvas(label) {
    const { rows, cols } = this.values;
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.marks = h("div", { class: "marks" });
    this.width = Math.max(Math.min(180 / cols, 14), 3);
    this.height = rows > 8 ? Math.max(Math.min(210 / rows, 14), 3) : 14;
    const box = h(
      "div",
      { class: "pixels", tabindex: 0, role: "img", "aria-label": label },
      this.canvas,
      this.marks,
    );
    Object.assign(box.style, { width: `${cols * this.width}px`, height: `${rows * this.height}px` });
    /** @param {PointerEvent | MouseEvent} event @returns {[number, number]} */
    const place = (event) => {
      const frame = box.getBoundingClientRect();
      const [x, y] = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
      return [Math.min(Math.max(Math.floor(y * rows), 0), rows - 1), Math.min(Math.max(Math.floor(x * cols), 0), cols - 1)];
    };
    box.addEventListener("pointermove", (event) => this.point(place(event), false));
    box.addEventListener("click", (event) => this.point(place(event), true));
    box.addEventListener("focus", () => this.point([this.at.i, this.at.j], false));
    box.addEventListener("keydown", (event) => this.move(event));
    return h("div", { class: "scroll" }, box);
  }

  /** @param {[number, number] | null} place @param {boolean} pinned */
  point(place, pinned) {
    if (place === null) return;
    const [i, j] = place;
    const cell = { name: this.name, i, j };
    if (pinned) this.onpin(cell);
    else this.onpoint(cell);
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const step = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    if (event.key === "Enter" || event.key === " ") {
      this.point([this.at.i, this.at.j], true);
      event.preventDefault();
    }
    if (step === undefined) return;
    event.preventDefault();
    const i = Math.min(Math.max(this.at.i + step[0], 0), this.values.rows - 1);
    const j = Math.min(Math.max(this.at.j + step[1], 0), this.values.cols - 1);
    this.reach(i, j);
    if (this.cells) this.cells[i][j].focus();
    else this.point([i, j], false);
  }

  /** Make a cell the one that Tab leads to. @param {number} i @param {number} j */
  reach(i, j) {
    if (this.cells) {
      this.cells[this.at.i][this.at.j].tabIndex = -1;
      this.cells[i][j].tabIndex = 0;
    }
    this.at = { i, j };
  }

  /** @param {Matrix} values */
  show(values) {
    this.values = values;
    const top = largestOf(values.data);
    if (this.canvas) paint(this.canvas, values.data, values.cols, palette(), top);
    this.cells?.forEach((row, i) =>
      row.forEach((td, j) => {
        const value = values.at(i, j);
        const s = strength(value, top);
        td.textContent = short(value);
        td.className = s < 0 ? "minus" : "plus";
        td.style.setProperty("--s", Math.abs(s).toFixed(3));
      }),
    );
  }

  /** Outline a cell, those that made it, and those that are not as they should be. */
  /** @param {Cell | null} chosen @param {Cell[]} from */
  mark(chosen, from) {
    const own = from.filter(({ name }) => name === this.name);
    const here = chosen?.name === this.name ? chosen : null;
    if (here !== null) this.reach(here.i, here.j);
    this.element.classList.toggle("quiet", chosen !== null && here === null && own.length === 0);
    this.cells?.forEach((row, i) =>
      row.forEach((td, j) => {
        td.classList.toggle("chosen", here !== null && here.i === i && here.j === j);
        td.classList.toggle("made", own.some((cell) => cell.i === i && cell.j === j));
      }),
    );
    if (this.marks) {
      replace(this.marks, own.length > 0 && this.box(own, "made"), here && this.box([here], "chosen"));
    }
  }

  /** A frame around cells, which are a row, a column or one alone. @param {Cell[]} cells @param {string} kind */
  box(cells, kind) {
    const { rows, cols } = this.values;
    const [is, js] = [cells.map(({ i }) => i), cells.map(({ j }) => j)];
    const [top, left] = [Math.min(...is), Math.min(...js)];
    const box = h("span", { class: kind });
    Object.assign(box.style, {
      left: `${(100 * left) / cols}%`,
      top: `${(100 * top) / rows}%`,
      width: `${(100 * (Math.max(...js) + 1 - left)) / cols}%`,
      height: `${(100 * (Math.max(...is) + 1 - top)) / rows}%`,
    });
    return box;
  }
}
