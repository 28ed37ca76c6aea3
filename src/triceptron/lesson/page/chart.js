// Loss curves: drawn with lines that name themselves, read with the pointer.

import { h, replace, svg } from "./dom.js";
import { fixed } from "./format.js";

/** @typedef {{ name: string, kind: string, values: ArrayLike<number>, faint?: boolean }} Curve */

const HEIGHT = 300;
const LEFT = 44;
const RIGHT = 128;
const TOP = 14;
const BOTTOM = 34;
const MOST_POINTS = 360;

export class Chart {
  /** @param {{ label: string, x: string, y: string }} options */
  constructor({ label, x, y }) {
    this.axes = svg("g", { class: "axes" });
    this.lines = svg("g", {});
    this.pointer = svg("g", { class: "pointer" });
    this.x = x;
    this.y = y;
    this.width = 640;
    this.svg = svg("svg", { role: "img", "aria-label": label }, this.axes, this.lines, this.pointer);
    this.says = h("p", { class: "chart-says note" });
    this.element = h("div", { class: "chart" }, this.svg, this.says);
    /** @type {Curve[]} */
    this.curves = [];
    this.epochs = 1;
    this.range = [0, 1];
    new ResizeObserver(() => this.resize()).observe(this.svg);
    this.svg.addEventListener("pointermove", (event) => this.read(event));
    this.svg.addEventListener("pointerleave", () => this.unread());
  }

  /** A unit of the picture is a pixel of the page, so that its words are as large as others. */
  resize() {
    const width = Math.round(this.svg.getBoundingClientRect().width);
    if (width === this.width || width === 0) return;
    this.width = width;
    this.drawAxes();
    this.show(this.curves, this.epochs);
  }

  /** @param {Curve[]} curves @param {number} epochs the axis' length */
  show(curves, epochs) {
    const all = curves.flatMap(({ values }) => Array.from(values).filter(Number.isFinite));
    const top = Math.min(Math.max(0.1, ...all.slice(0, 1), ...all.filter((_, i) => i % 5 === 0)), 6);
    const low = Math.max(Math.min(0, ...all.filter((_, i) => i % 5 === 0)), -6);
    this.curves = curves;
    if (this.epochs !== epochs || this.range[1] < top || this.range[1] > 1.6 * top + 0.2 || this.range[0] !== low) {
      this.epochs = epochs;
      this.range = [low, top * 1.04];
      this.drawAxes();
    }
    replace(this.lines, curves.filter(({ values }) => values.length > 0).flatMap((curve) => this.line(curve)));
    this.nameCurves(curves);
  }

  /** @param {number} epoch */
  at(epoch) {
    return LEFT + ((this.width - LEFT - RIGHT) * (epoch - 1)) / Math.max(this.epochs - 1, 1);
  }

  /** @param {number} loss */
  level(loss) {
    const [low, high] = this.range;
    const share = Math.min(Math.max((loss - low) / (high - low), 0), 1);
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  }

  drawAxes() {
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const [low, high] = this.range;
    const step = [0.05, 0.1, 0.2, 0.5, 1, 2].find((s) => (high - low) / s <= 6) ?? 2;
    const levels = [];
    for (let y = Math.ceil(low / step) * step; y <= high; y += step) levels.push(y);
    const marks = [1, ...[0.25, 0.5, 0.75, 1].map((share) => Math.round(share * this.epochs))];
    replace(
      this.axes,
      levels.flatMap((y) => [
        svg("line", { x1: LEFT, x2: this.width - RIGHT, y1: this.level(y), y2: this.level(y), class: Math.abs(y) < 1e-9 ? "base" : "" }),
        svg("text", { x: LEFT - 8, y: this.level(y) + 4, "text-anchor": "end" }, fixed(y, step < 0.1 ? 2 : 1)),
      ]),
      [...new Set(marks)].map((x) => svg("text", { x: this.at(x), y: HEIGHT - 14, "text-anchor": "middle" }, x)),
      svg("text", { x: this.width - RIGHT + 28, y: HEIGHT - 14, class: "axis-name" }, this.x),
    );
  }

  /** @param {Curve} curve */
  line({ kind, values, faint }) {
    const stride = Math.max(1, Math.ceil(values.length / MOST_POINTS));
    const points = [];
    for (let i = 0; i < values.length; i += stride) if (Number.isFinite(values[i])) points.push(this.point(i, values[i]));
    const last = values.length - 1;
    if (last % stride !== 0 && Number.isFinite(values[last])) points.push(this.point(last, values[last]));
    return [svg("polyline", { points: points.join(" "), class: `curve ${kind} ${faint ? "faint" : ""}` })];
  }

  /** @param {number} i @param {number} loss */
  point(i, loss) {
    return `${this.at(i + 1).toFixed(1)},${this.level(loss).toFixed(1)}`;
  }

  /** Each curve's name at its end, moved apart where two would touch. @param {Curve[]} curves */
  nameCurves(curves) {
    const named = curves
      .filter(({ values, name }) => values.length > 0 && name !== "")
      .map(({ name, kind, values }) => {
        const last = values[values.length - 1];
        return { text: `${name} ${fixed(last, 3)}`, kind, x: this.at(values.length), y: this.level(Number.isFinite(last) ? last : this.range[1]) };
      })
      .sort((a, b) => a.y - b.y);
    for (let i = 1; i < named.length; i++) named[i].y = Math.max(named[i].y, named[i - 1].y + 16);
    const over = named.length > 0 ? Math.max(0, named[named.length - 1].y - (HEIGHT - BOTTOM)) : 0;
    this.lines.append(...named.map(({ text, kind, x, y }) => svg("text", { x: x + 8, y: y + 4 - over, class: `curve-name ${kind}` }, text)));
  }

  /** @param {PointerEvent} event */
  read(event) {
    const frame = this.svg.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * this.width;
    const epoch = Math.round(1 + ((x - LEFT) / (this.width - LEFT - RIGHT)) * (this.epochs - 1));
    const read = this.curves.filter(({ values }) => epoch >= 1 && epoch <= values.length);
    if (read.length === 0) {
      this.unread();
      return;
    }
    replace(
      this.pointer,
      svg("line", { x1: this.at(epoch), x2: this.at(epoch), y1: TOP, y2: HEIGHT - BOTTOM }),
      read.map(({ values, kind }) => svg("circle", { cx: this.at(epoch), cy: this.level(values[epoch - 1]), r: 3.5, class: kind })),
    );
    replace(this.says, `${this.x} ${epoch}: `, read.map(({ name, values }) => `${name} ${fixed(values[epoch - 1], 6)}`).join(", "));
  }

  unread() {
    replace(this.pointer);
    replace(this.says);
  }
}

