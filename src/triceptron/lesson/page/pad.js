// The pad: mouse, pen and finger draw; two fingers scroll the page; the cursor keys move a pen, space lowers it.

import { h } from "./dom.js";
import { snap } from "./ink.js";

/** @typedef {import("./preprocessing.js").Stroke} Stroke */

const RESOLUTION = 720;
const NEAR = 1 / 160; // points nearer to each other say nothing new
const KEY_STEP = 1 / 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  /**
   * @param {import("./i18n.js").Translate} t
   * @param {{ onchange: () => void, onend: () => void, say: (text: string) => void }} options
   */
  constructor(t, { onchange, onend, say }) {
    this.t = t;
    this.onchange = onchange;
    this.onend = onend;
    this.say = say;
    /** @type {Stroke[]} */
    this.strokes = [];
    this.radius = 0.035;
    this.example = false;
    /** @type {Stroke | null} */
    this.current = null;
    /** @type {Map<number, { x: number, y: number }>} */
    this.fingers = new Map();
    this.key = { x: 0.5, y: 0.3, down: false, shown: false };
    this.canvas = h("canvas", { width: RESOLUTION, height: RESOLUTION, "aria-hidden": "true" });
    this.element = h(
      "div",
      { class: "pad", tabindex: 0, role: "application", "aria-label": t("pad.label"), "aria-describedby": "pad-help" },
      this.canvas,
    );
    this.listen();
  }

  listen() {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      element.addEventListener(kind, (event) => this.up(/** @type {PointerEvent} */ (event)));
    }
    element.addEventListener("keydown", (event) => this.press(event));
    element.addEventListener("focus", () => this.showKey(element.matches(":focus-visible")));
    element.addEventListener("blur", () => this.showKey(false));
  }

  /** @param {MouseEvent} event */
  place(event) {
    const frame = this.element.getBoundingClientRect();
    return { x: snap((event.clientX - frame.left) / frame.width), y: snap((event.clientY - frame.top) / frame.height) };
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button > 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size > 1) {
      this.abandon();
      return;
    }
    this.begin(this.place(event));
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (before === undefined) return;
    if (this.fingers.size > 1) {
      window.scrollBy(0, (before.y - event.clientY) / this.fingers.size);
    } else if (this.current !== null) {
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length > 0 ? events : [event]) this.go(this.place(each));
    }
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.fingers.delete(event.pointerId) || this.current === null) return;
    this.current = null;
    this.onend();
  }

  /** @param {import("./preprocessing.js").Point} point */
  begin(point) {
    if (this.example) this.strokes = [];
    this.example = false;
    this.current = [point];
    this.strokes.push(this.current);
    this.changed();
  }

  /** @param {import("./preprocessing.js").Point} point */
  go(point) {
    if (this.current === null) return;
    const last = this.current[this.current.length - 1];
    if (Math.hypot(point.x - last.x, point.y - last.y) < NEAR) return;
    this.current.push(point);
    this.changed();
  }

  /** A second finger came down: the first did not mean to draw. */
  abandon() {
    if (this.current === null) return;
    this.strokes.pop();
    this.current = null;
    this.changed();
    this.onend();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = ARROWS[/** @type {keyof typeof ARROWS} */ (event.key)];
    const { key } = this;
    if (step !== undefined) {
      const far = event.shiftKey ? 4 * KEY_STEP : KEY_STEP;
      key.x = snap(key.x + far * step[0]);
      key.y = snap(key.y + far * step[1]);
      if (key.down) this.go({ x: key.x, y: key.y });
    } else if (event.key === " ") {
      key.down = !key.down;
      if (key.down) this.begin({ x: key.x, y: key.y });
      else {
        this.current = null;
        this.onend();
      }
      this.say(this.t(key.down ? "pad.down" : "pad.up"));
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
    else if (event.key === "Delete") this.clear();
    else return;
    event.preventDefault();
    key.shown = true;
    this.paint();
  }

  /** @param {boolean} shown */
  showKey(shown) {
    this.key.shown = shown;
    if (!shown && this.key.down) {
      this.key.down = false;
      this.current = null;
    }
    this.paint();
  }

  clear() {
    this.set([]);
    this.onend();
  }

  undo() {
    this.set(this.example ? [] : this.strokes.slice(0, -1));
    this.onend();
  }

  /** @param {Stroke[]} strokes @param {boolean} [example] whether they go away when the reader begins to draw */
  set(strokes, example = false) {
    this.strokes = strokes;
    this.example = example;
    this.current = null;
    this.key.down = false;
    this.changed();
  }

  changed() {
    this.paint();
    this.onchange();
  }

  paint() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const style = getComputedStyle(this.element);
    context.clearRect(0, 0, RESOLUTION, RESOLUTION);
    drawStrokes(context, this.strokes, this.radius, RESOLUTION, style.getPropertyValue("--ink"));
    if (this.key.shown) {
      context.strokeStyle = context.fillStyle = style.getPropertyValue("--accent");
      context.lineWidth = 4;
      context.beginPath();
      context.arc(this.key.x * RESOLUTION, this.key.y * RESOLUTION, 16, 0, 2 * Math.PI);
      if (this.key.down) context.fill();
      else context.stroke();
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Stroke[]} strokes @param {number} radius @param {number} side
 * @param {string} ink
 */
export function drawStrokes(context, strokes, radius, side, ink) {
  context.strokeStyle = ink;
  context.lineWidth = 2 * radius * side;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0].x * side, stroke[0].y * side);
    for (let i = 1; i < stroke.length; i++) {
      const [from, to] = [stroke[i - 1], stroke[i]]; // through the middles: the points are on a raster, a hand is not
      context.quadraticCurveTo(from.x * side, from.y * side, ((from.x + to.x) / 2) * side, ((from.y + to.y) / 2) * side);
    }
    const last = stroke[stroke.length - 1];
    context.lineTo(last.x * side + (stroke.length === 1 ? 0.01 : 0), last.y * side); // a point is a dot
    context.stroke();
  }
}
