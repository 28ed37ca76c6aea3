// Chapter 1: draw a digit; see what becomes of it, what the network says, and which hidden units say it.

import { paint, paintInk, palette } from "./colours.js";
import { button, heading, slider } from "./controls.js";
import { h, replace, rich } from "./dom.js";
import { percent, precise } from "./format.js";
import { decode, encode } from "./ink.js";
import { argmax } from "./matrix.js";
import { ModelError, features, readModel } from "./model.js";
import { Pad, drawStrokes } from "./pad.js";
import { SIDE, prepare, shrink } from "./preprocessing.js";
import * as steps from "./steps.js";
import { TAUGHT_STEPS, kaggleCsv, teach } from "./teaching.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./matrix.js").Matrix} Matrix */
/** @typedef {import("./teaching.js").Lesson} Lesson */
/** @typedef {{ x: Matrix, Z: Matrix, H: Matrix, O: Matrix, P: Matrix, answer: number }} Reading */

const EXAMPLE =
  "ui-3L7IvrS-nL6Aumi6ULo8uii6GLoEufS54LXUtci1vLW8tbjBtNGs4aj1oQmZIZE1jUWJVYFpfXl5jXGdba1puWnBacFtwXW9gbmNtZWxpa2" +
  "xqb2lzaHZoeWd9Z4Bng2eGaIlpjGqPbJJtlm-ZcZxzn3WheKR6pnyof6qBq4Ssh62Kro2ukK6Tr5eumq6drqCtpKynq6qqraivprKktaK4n7uc" +
  "vpnAlsOTxY_IjMqJzIbNg8-A0H3RetF30nTScdJu0mrSZ9Jl0mLRX9Fc0FrPWM5WzVPLUclPx03FTMNKwEi-R7xGukS5Q7dCtg";
const UNITS_ACROSS = 25;

/** @type {import("./context.js").Chapter} */
export function drawChapter(root, context) {
  const { t, address, say } = context;
  const colours = palette();
  let prepared = address.text("prepare", "on") === "on";
  let unit = address.count("unit", -1, 0, 4095);
  /** @type {Lesson[]} */
  const lessons = readLessons(address.text("taught", ""));
  /** @type {Model} the network before anyone taught it */
  let original = context.model();
  let model = lessons.reduce((taught, _, i) => teach(taught, lessons.slice(0, i + 1)), original);
  /** @type {string | null} the name of the reader's own file */
  let fileName = null;
  let teaching = 0;
  let frame = 0;
  let pause = 0;

  const pad = new Pad(t, { onchange: soon, onend: ended, say });
  const pictures = [0, 1, 2].map(() => h("canvas", { width: SIDE, height: SIDE, role: "img" }));
  pictures.forEach((canvas, i) => canvas.setAttribute("aria-label", t(`draw.picture.${i}`)));
  const pictureList = h(
    "ol",
    { class: "pictures" },
    pictures.map((canvas, i) => h("li", {}, h("div", { class: "picture" }, canvas), h("p", {}, rich(t(`draw.picture.${i}`))))),
  );
  const answer = h("p", { class: "answer" });
  const sure = h("p", { class: "sure" });
  const bars = h("ol", { class: "bars", "aria-label": t("draw.probabilities") });
  const units = new Units(t, (u) => {
    unit = u;
    address.set({ unit: u });
    refresh();
  });
  const unitCanvas = h("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": t("draw.unit.picture") });
  const unitSays = h("div", { class: "unit-says" });
  const own = h("ul", { class: "own-digits" });
  const taughtSays = h("p", { class: "note", "aria-live": "polite" });
  const labels = h("div", { class: "labels", role: "group", "aria-label": t("draw.teach.which") });
  const download = button(t("draw.teach.download"), saveDigits);
  const forget = button(t("draw.teach.forget"), () => {
    lessons.length = 0;
    [model, teaching] = [original, 0];
    address.set({ taught: null });
    showLessons();
    refresh();
  });
  const file = h("input", { type: "file", accept: ".safetensors", class: "visually-hidden", id: "model-file" });
  file.addEventListener("change", () => file.files?.[0] && void open(file.files[0]));
  const fileSays = h("p", { class: "note", "aria-live": "polite" });
  const ours = button(t("draw.model.ours"), () => use(context.model(), null));

  root.append(
    heading(t("draw.title"), rich(t("draw.lead"))),
    h(
      "div",
      { class: "draw-grid" },
      h(
        "section",
        { class: "pad-side", "aria-label": t("pad.label") },
        pad.element,
        h(
          "div",
          { class: "pad-tools" },
          button(t("pad.clear"), () => pad.clear(), "primary"),
          button(t("pad.undo"), () => pad.undo()),
          slider({
            label: t("pad.pen"),
            value: Math.round(200 * pad.radius),
            min: 2,
            max: 16,
            step: 1,
            text: () => "",
            onchange: (value) => {
              pad.radius = value / 200;
              address.set({ pen: value === 7 ? null : value });
              pad.changed();
            },
          }),
        ),
        h("p", { class: "note", id: "pad-help" }, t("pad.help")),
      ),
      h(
        "div",
        { class: "read-side" },
        h(
          "section",
          { class: "panel prepare" },
          h("h2", {}, t("draw.prepare")),
          h(
            "label",
            { class: "switch" },
            h("input", { type: "checkbox", role: "switch", checked: prepared, onchange: (/** @type {Event} */ e) => setPrepared(e) }),
            h("span", {}, t("draw.prepare.switch")),
          ),
          pictureList,
        ),
        h(
          "section",
          { class: "panel says-panel", "aria-label": t("draw.says") },
          h("div", { class: "answer-box" }, answer, sure),
          bars,
        ),
        h(
          "section",
          { class: "panel hidden-panel" },
          h("h2", {}, t("draw.hidden")),
          h("div", { class: "hidden-grid" }, units.element, h("div", { class: "unit" }, unitCanvas, unitSays)),
        ),
        h(
          "section",
          { class: "panel teach" },
          h("h2", {}, t("draw.teach")),
          h("p", { class: "note" }, rich(t("draw.teach.how", { steps: TAUGHT_STEPS }))),
          labels,
          taughtSays,
          own,
          h("div", { class: "buttons" }, download, forget),
        ),
        h(
          "section",
          { class: "panel model" },
          h("h2", {}, t("draw.model")),
          h("p", { class: "note" }, rich(t("draw.model.how"))),
          h("div", { class: "buttons" }, h("label", { class: "button", for: "model-file", tabindex: -1 }, t("draw.model.open")), file, ours),
          fileSays,
        ),
      ),
    ),
  );

  function soon() {
    if (frame === 0) frame = requestAnimationFrame(refresh);
  }

  /** A stroke is finished: the address holds the drawing, and a screen reader is told the answer after a while. */
  function ended() {
    address.set({ ink: encode(pad.strokes) || "none" });
    clearTimeout(pause);
    pause = window.setTimeout(() => say(answer.textContent ? `${answer.textContent}, ${sure.textContent}` : ""), 700);
  }

  /** @param {Event} event */
  function setPrepared(event) {
    prepared = /** @type {HTMLInputElement} */ (event.target).checked;
    address.set({ prepare: prepared ? null : "off" });
    refresh();
  }

  /** @returns {Uint8Array} the pixels that go into the network */
  function showPictures() {
    const steps_ = prepare(pad.strokes, pad.radius);
    const pixels = prepared ? steps_.pixels : shrink(pad.strokes, pad.radius);
    drawCrop(pictures[0], pad, prepared ? steps_.crop : null, colours);
    if (prepared) paintInk(pictures[1], steps_.boxed, SIDE, colours, 1);
    paintInk(pictures[2], pixels, SIDE, colours);
    return pixels;
  }

  function refresh() {
    cancelAnimationFrame(frame);
    frame = 0;
    pictureList.classList.toggle("unprepared", !prepared);
    root.classList.toggle("blank", pad.strokes.length === 0);
    labels.querySelectorAll("button").forEach((each) => (each.disabled = pad.strokes.length === 0));
    if (pad.strokes.length === 0) {
      for (const canvas of pictures) canvas.getContext("2d")?.clearRect(0, 0, canvas.width, canvas.height);
      unitCanvas.getContext("2d")?.clearRect(0, 0, SIDE, SIDE);
      replace(answer);
      replace(sure, t("draw.nothing"));
      showBars(null);
      units.show(null, model, colours, -1);
      replace(unitSays);
      return;
    }
    const x = features(showPictures(), model);
    const { Z, H, O } = steps.forward(x, model.parameters);
    const P = steps.softmax(O);
    const reading = { x, Z, H, O, P, answer: argmax(O)[0] };
    replace(answer, model.classes[reading.answer]);
    replace(sure, t("draw.sure", { percent: percent(P.data[reading.answer]) }));
    showBars(reading);
    const chosen = unit >= 0 && unit < H.cols ? unit : loudest(reading, model);
    units.show(reading, model, colours, chosen);
    showUnit(reading, chosen);
  }

  /** @param {Reading | null} reading */
  function showBars(reading) {
    if (bars.children.length !== model.classes.length) {
      replace(
        bars,
        model.classes.map((name) =>
          h("li", {}, h("span", { class: "value" }), h("span", { class: "bar" }, h("i")), h("span", { class: "name" }, name)),
        ),
      );
    }
    [...bars.children].forEach((item, k) => {
      const p = reading === null ? 0 : reading.P.data[k];
      item.classList.toggle("top", reading !== null && k === reading.answer);
      const bar = /** @type {HTMLElement} */ (item.querySelector("i"));
      bar.style.transform = `scaleY(${p})`;
      replace(/** @type {Element} */ (item.querySelector(".value")), p < 0.005 ? "" : percent(p));
    });
  }

  /** @param {Reading} reading @param {number} u */
  function showUnit({ x, Z, H, answer: k }, u) {
    const [W1, b1, W2] = model.parameters;
    const weights = Float64Array.from({ length: W1.rows }, (_, j) => W1.at(j, u));
    paintOver(unitCanvas, weights, x.data, colours);
    const values = { unit: u, z: precise(Z.data[u], 3), b: precise(b1.data[u], 3), h: precise(H.data[u], 3) };
    const speech = H.data[u] * W2.at(u, k);
    const key = H.data[u] === 0 ? "silent" : speech > 0 ? "for" : "against";
    replace(
      unitSays,
      h("p", {}, rich(t("draw.unit.sum", values))),
      h("p", {}, rich(t(`draw.unit.${key}`, { ...values, w: precise(W2.at(u, k), 3), speech: precise(speech, 3), answer: model.classes[k] }))),
    );
  }

  function showLessons() {
    replace(
      own,
      lessons.map((lesson) => {
        const canvas = h("canvas", { class: "digit", role: "img", "aria-label": t("digit", { label: lesson.label }) });
        paintInk(canvas, lesson.pixels, SIDE, colours);
        return h("li", {}, canvas, h("span", {}, lesson.label));
      }),
    );
    download.disabled = forget.disabled = lessons.length === 0;
    if (lessons.length === 0) replace(taughtSays);
  }

  /** Correct the answer, and train on all of the reader's digits, a step a frame. @param {number} label */
  function correctTo(label) {
    const pixels = prepared ? prepare(pad.strokes, pad.radius).pixels : shrink(pad.strokes, pad.radius);
    lessons.push({ label, pixels, ink: encode(pad.strokes), radius: pad.radius, prepared });
    showLessons();
    if (fileName === null) address.set({ taught: writeLessons(lessons) });
    const run = ++teaching;
    const before = probability(label);
    let done = 0;
    const next = () => {
      if (run !== teaching) return;
      model = teach(model, lessons, 1);
      done += 1;
      refresh();
      const values = { label, before: percent(before), after: percent(probability(label)), done };
      replace(taughtSays, rich(t("draw.teach.done", values)));
      if (done < TAUGHT_STEPS) window.setTimeout(next, 60);
    };
    next();
  }

  /** What the network gives a class for the last lesson. @param {number} label */
  function probability(label) {
    const { pixels } = lessons[lessons.length - 1];
    return steps.softmax(steps.forward(features(pixels, model), model.parameters).O).data[label];
  }

  function saveDigits() {
    const url = URL.createObjectURL(new Blob([kaggleCsv(lessons, model.classes)], { type: "text/csv" }));
    h("a", { href: url, download: "my-digits.csv" }).click();
    window.setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** @param {File} chosen */
  async function open(chosen) {
    try {
      use(readModel(new Uint8Array(await chosen.arrayBuffer())), chosen.name);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      replace(fileSays, h("span", { class: "wrong" }, t("draw.model.no", { name: chosen.name }), " ", t(error.key, error.values)));
    }
    file.value = "";
  }

  /** @param {Model} other @param {string | null} name */
  function use(other, name) {
    [original, model, fileName] = [other, other, name];
    lessons.length = 0;
    teaching += 1;
    unit = -1;
    address.set({ taught: null, unit: null });
    ours.hidden = name === null;
    const [W1, , W2] = model.parameters;
    replace(fileSays, name !== null && t("draw.model.yes", { name, h: W1.cols, K: W2.cols }));
    replace(labels, model.classes.map((text, k) => h("button", { type: "button", class: "button label", onclick: () => correctTo(k) }, text)));
    showLessons();
    refresh();
  }

  /** @param {DragEvent} event */
  function drop(event) {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (event.type === "drop" && dropped) void open(dropped);
  }

  const link = address.text("ink", "");
  pad.radius = address.count("pen", 7, 2, 16) / 200;
  const kept = lessons.slice();
  const taught = model;
  use(original, null);
  if (kept.length > 0) {
    lessons.push(...kept);
    model = taught;
    address.set({ taught: writeLessons(lessons) });
    showLessons();
  }
  if (link === "") pad.set(decode(EXAMPLE), true);
  else pad.set(decode(link));
  refresh();
  for (const kind of ["dragover", "drop"]) window.addEventListener(kind, /** @type {EventListener} */ (drop));
  return () => {
    teaching += 1;
    cancelAnimationFrame(frame);
    clearTimeout(pause);
    for (const kind of ["dragover", "drop"]) window.removeEventListener(kind, /** @type {EventListener} */ (drop));
  };
}

/** The unit that says most for the answer. @param {Reading} reading @param {Model} model */
function loudest({ H, answer }, { parameters: [, , W2] }) {
  let best = 0;
  for (let u = 1; u < H.cols; u++) if (H.data[u] * W2.at(u, answer) > H.data[best] * W2.at(best, answer)) best = u;
  return best;
}

/** The drawing as it is, with the box around its ink. */
/**
 * @param {HTMLCanvasElement} canvas @param {Pad} pad @param {import("./preprocessing.js").Prepared["crop"] | null} crop
 * @param {import("./colours.js").Palette} colours
 */
function drawCrop(canvas, pad, crop, colours) {
  const side = 168;
  [canvas.width, canvas.height] = [side, side];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  drawStrokes(context, pad.strokes, pad.radius, side, colours.ink);
  if (crop === null) return;
  context.setLineDash([6, 5]);
  context.lineWidth = 2.5;
  context.strokeStyle = `rgb(${colours.minus.join()})`;
  context.strokeRect(crop.left * side, crop.top * side, (crop.right - crop.left) * side, (crop.bottom - crop.top) * side);
}

/** A unit's weights in their colours, strong where there is ink and pale elsewhere. */
/**
 * @param {HTMLCanvasElement} canvas @param {Float64Array} weights @param {Float64Array} x
 * @param {import("./colours.js").Palette} colours
 */
function paintOver(canvas, weights, x, colours) {
  const most = x.reduce((a, b) => Math.max(a, b), 1e-9);
  paint(canvas, weights, SIDE, colours, 0, (p) => 0.3 + 0.7 * Math.max(x[p] / most, 0));
}

/** Every hidden unit as a square: blue where it speaks for the answer, orange against it. */
class Units {
  /** @param {import("./i18n.js").Translate} t @param {(unit: number) => void} onchoose */
  constructor(t, onchoose) {
    this.t = t;
    this.onchoose = onchoose;
    this.chosen = 0;
    this.count = 0;
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.ring = h("span", { class: "ring" });
    this.box = h("div", { class: "units", tabindex: 0, role: "slider", "aria-label": t("draw.units"), "aria-valuemin": 0 }, this.canvas, this.ring);
    this.says = h("p", { class: "note" });
    this.element = h("div", {}, this.box, this.says);
    this.box.addEventListener("click", (event) => {
      const frame = this.box.getBoundingClientRect();
      const column = Math.floor(((event.clientX - frame.left) / frame.width) * UNITS_ACROSS);
      const row = Math.floor(((event.clientY - frame.top) / frame.height) * this.rows);
      this.choose(row * UNITS_ACROSS + column);
    });
    this.box.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -UNITS_ACROSS, ArrowDown: UNITS_ACROSS }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      this.choose(this.chosen + by);
    });
  }

  get rows() {
    return Math.ceil(this.count / UNITS_ACROSS);
  }

  /** @param {number} unit */
  choose(unit) {
    if (unit >= 0 && unit < this.count) this.onchoose(unit);
  }

  /**
   * @param {Reading | null} reading @param {Model} model @param {import("./colours.js").Palette} colours
   * @param {number} chosen
   */
  show(reading, { parameters: [, b1, W2], classes }, colours, chosen) {
    this.count = b1.cols;
    this.chosen = Math.max(chosen, 0);
    const speech = new Float64Array(this.rows * UNITS_ACROSS);
    reading?.H.data.forEach((value, u) => (speech[u] = value * W2.at(u, reading.answer)));
    paint(this.canvas, speech, UNITS_ACROSS, colours);
    this.box.style.aspectRatio = `${UNITS_ACROSS} / ${this.rows}`;
    this.ring.hidden = reading === null;
    Object.assign(this.ring.style, {
      left: `${(100 * (this.chosen % UNITS_ACROSS)) / UNITS_ACROSS}%`,
      top: `${(100 * Math.floor(this.chosen / UNITS_ACROSS)) / this.rows}%`,
      width: `${100 / UNITS_ACROSS}%`,
      height: `${100 / this.rows}%`,
    });
    this.box.setAttribute("aria-valuemax", String(this.count - 1));
    this.box.setAttribute("aria-valuenow", String(this.chosen));
    const values = {
      for: speech.filter((value) => value > 0).length,
      against: speech.filter((value) => value < 0).length,
      count: this.count,
      answer: reading === null ? "" : classes[reading.answer],
    };
    replace(this.says, reading !== null && rich(this.t("draw.units.say", values)));
  }
}

/** @param {Lesson[]} lessons */
function writeLessons(lessons) {
  return lessons.map(({ label, radius, prepared, ink }) => `${label}${prepared ? "p" : "r"}${Math.round(200 * radius)}:${ink}`).join("~");
}

/** @param {string} text @returns {Lesson[]} */
function readLessons(text) {
  return text.split("~").flatMap((part) => {
    const [, label, kind, pen, ink] = /^(\d)([pr])(\d+):(.+)$/.exec(part) ?? [];
    const strokes = decode(ink ?? "");
    if (strokes.length === 0) return [];
    const [radius, prepared] = [Number(pen) / 200, kind === "p"];
    const pixels = prepared ? prepare(strokes, radius).pixels : shrink(strokes, radius);
    return [{ label: Number(label), pixels, ink, radius, prepared }];
  });
}
