// Chapter 2: the digits job live.

import { Chart } from "./chart.js";
import { largestOf, paint, paintInk, palette } from "./colours.js";
import { button, heading, numeric, segmented, slider } from "./controls.js";
import { h, replace, rich } from "./dom.js";
import { fixed, percent } from "./format.js";
import { Address } from "./state.js";
import { DEFAULTS, Training } from "./training.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./training.js").Settings} Settings */

const FRAME = 28; // milliseconds of training between two drawings: still over thirty of them a second
const SPEEDS = [1, 5, 20, 60, Infinity];
const UNITS_ACROSS = 10;
const MOST_MISTAKES = 40;
const PYTHONS = { train: 0.147865, test: 0.191742, correct: 680 }; // what `triceptron digits` prints

/** Runs by their settings, so that another language or light does not begin anew. @type {Map<string, Training>} */
const RUNS = new Map();

/** @param {Settings} settings */
const write = ({ hidden, learning_rate, batch_size, epochs, init, seed }) =>
  [hidden, learning_rate, batch_size, epochs, init, seed].join("_");

/** @param {import("./state.js").Address} address @returns {Settings} */
function readSettings(address) {
  return {
    hidden: address.count("hidden", DEFAULTS.hidden, 1, 500),
    learning_rate: address.number("rate", DEFAULTS.learning_rate, 1e-6, 1000),
    batch_size: address.count("batch", DEFAULTS.batch_size, 0, 1078),
    epochs: address.count("epochs", DEFAULTS.epochs, 1, 10000),
    init: address.choice("init", ["exercise", "he"], DEFAULTS.init),
    seed: address.count("seed", DEFAULTS.seed, 0, 2 ** 32 - 1),
  };
}

/** An earlier run as the address names it. @param {string} text @returns {[Settings, number] | null} */
function readEarlier(text) {
  const [hidden, rate, batch, epochs, init, seed, at] = text.split("_");
  if (at === undefined) return null;
  const query = new URLSearchParams({ hidden, rate, batch, epochs, init, seed });
  return [readSettings(new Address(`#/watch?${query}`)), Number(at)];
}

/** @type {import("./context.js").Chapter} */
export function watchChapter(root, context) {
  const { t, address } = context;
  const colours = palette();
  let settings = readSettings(address);
  let run = recall(context, settings);
  /** @type {Training | null} */
  let earlier = null;
  const named = readEarlier(address.text("before", ""));
  const wanted = { run: Math.min(address.count("at", 0, 0, 10000), settings.epochs), earlier: named?.[1] ?? 0 };
  if (named !== null) earlier = recall(context, named[0], "earlier");
  let speed = address.count("speed", SPEEDS.length - 1, 0, SPEEDS.length - 1);
  let playing = false;
  let due = 0;
  let frame = 0;
  let before = 0;
  let drawn = -Infinity;
  let measured = { epochs: 0, seconds: 0 };

  const chart = new Chart({ label: t("watch.chart"), x: t("watch.epoch"), y: t("watch.loss") });
  const figures = h("dl", { class: "figures" });
  const verdict = h("p", { class: "note verdict", "aria-live": "polite" });
  const units = h("canvas", { class: "unit-images", role: "img", "aria-label": t("watch.units.label") });
  const confusion = new Confusion(t);
  const mistakes = h("ul", { class: "mistakes" });
  const mistakesSay = h("p", { class: "note" });
  const play = button("", () => (playing ? pause() : start()), "primary");
  const once = button(t("watch.once"), () => {
    pause();
    if (!run.done) run.epoch();
    show(true);
  });
  const restart = button(t("watch.restart"), () => {
    pause();
    keep();
    run = fresh(context, settings);
    show(true);
  });

  /** The run so far stays beside the next one. */
  function keep() {
    if (run.epochs > 0) earlier = run;
  }

  /** @param {Partial<Settings>} change */
  function change(change) {
    const next = { ...settings, ...change };
    if (write(next) === write(settings)) return;
    pause();
    keep();
    settings = next;
    run = fresh(context, settings);
    show(true);
  }

  root.append(
    heading(t("watch.title"), rich(t("watch.lead"))),
    h(
      "div",
      { class: "watch-grid" },
      h("section", { class: "panel chart-panel" }, h("h2", {}, t("watch.losses")), chart.element),
      h(
        "section",
        { class: "panel run-panel", "aria-label": t("watch.run") },
        figures,
        h("div", { class: "buttons" }, play, once, restart),
        slider({
          label: t("watch.speed"),
          value: speed,
          min: 0,
          max: SPEEDS.length - 1,
          step: 1,
          text: (value) => (SPEEDS[value] === Infinity ? t("watch.speed.most") : t("watch.speed.some", { speed: SPEEDS[value] })),
          onchange: (value) => {
            speed = value;
            address.set({ speed: value === SPEEDS.length - 1 ? null : value });
          },
        }),
        verdict,
      ),
      h(
        "section",
        { class: "panel controls settings", "aria-label": t("watch.settings") },
        numeric({ label: t("watch.hidden"), value: settings.hidden, min: 1, max: 500, onchange: (hidden) => change({ hidden }) }),
        numeric({ label: t("watch.rate"), value: settings.learning_rate, min: 1e-6, max: 1000, step: "any", onchange: (learning_rate) => change({ learning_rate }) }),
        numeric({ label: t("watch.batch"), value: settings.batch_size || 1078, min: 1, max: 1078, onchange: (size) => change({ batch_size: size === 1078 ? 0 : size }) }),
        numeric({ label: t("watch.epochs"), value: settings.epochs, min: 1, max: 10000, onchange: (epochs) => change({ epochs }) }),
        segmented({
          label: t("watch.init"),
          choices: [["exercise", t("watch.init.exercise")], ["he", t("watch.init.he")]],
          value: settings.init,
          onchange: (init) => change({ init }),
        }),
        numeric({ label: t("watch.seed"), value: settings.seed, min: 0, max: 2 ** 32 - 1, onchange: (seed) => change({ seed }) }),
      ),
      h("section", { class: "panel units-panel" }, h("h2", {}, t("watch.units")), units, h("p", { class: "note" }, t("watch.units.note"))),
      h("section", { class: "panel confusion-panel" }, h("h2", {}, t("watch.confusion")), confusion.element),
      h("section", { class: "panel mistakes-panel" }, h("h2", {}, t("watch.mistakes")), mistakesSay, mistakes),
    ),
  );

  function start() {
    if (run.done) {
      keep();
      run = fresh(context, settings);
    }
    [playing, before, due] = [true, performance.now(), 0];
    measured = { epochs: 0, seconds: 0 };
    show(true);
    frame = requestAnimationFrame(tick);
  }

  function pause() {
    if (playing) wanted.run = 0;
    playing = false;
    cancelAnimationFrame(frame);
    frame = 0;
    show(true);
  }

  /** Train for a part of the frame, then draw. @param {number} now */
  function tick(now) {
    const began = performance.now();
    const catching = wanted.run > run.epochs || (earlier !== null && wanted.earlier > earlier.epochs);
    due = Math.min(due + ((now - before) / 1000) * SPEEDS[speed], 50);
    before = now;
    let count = 0;
    while (performance.now() - began < FRAME) {
      if (earlier !== null && wanted.earlier > earlier.epochs && !earlier.done) earlier.epoch();
      else if (catching ? wanted.run > run.epochs : !run.done && (due >= 1 || SPEEDS[speed] === Infinity)) {
        run.epoch();
        [count, due] = [count + 1, due - 1];
      } else break;
    }
    measured.epochs += count;
    measured.seconds += (performance.now() - began) / 1000;
    const more = playing ? !run.done : wanted.run > run.epochs || (earlier !== null && wanted.earlier > earlier.epochs && !earlier.done);
    if (!more) playing = false;
    show(!more);
    frame = more ? requestAnimationFrame(tick) : 0;
  }

  /** @param {boolean} whole or only what is cheap and moves */
  function show(whole) {
    const curves = [
      ...(earlier === null
        ? []
        : [
            { name: "", kind: "train", values: earlier.train_loss, faint: true },
            { name: "", kind: "test", values: earlier.test_loss, faint: true },
          ]),
      { name: t("watch.train"), kind: "train", values: run.train_loss },
      { name: t("watch.test"), kind: "test", values: run.test_loss },
    ];
    chart.show(curves, Math.max(settings.epochs, earlier?.settings.epochs ?? 0));
    paintUnits(units, run, colours);
    replace(play, t(playing ? "watch.pause" : run.done ? "watch.again" : run.epochs > 0 ? "watch.on" : "watch.play"));
    once.disabled = run.done;
    restart.disabled = run.epochs === 0;
    const now = performance.now();
    if (!whole && now - drawn < 250) return;
    drawn = now;
    const predictions = run.predictions();
    const { y } = run.data.test;
    const correct = predictions.reduce((right, k, i) => right + Number(k === y[i]), 0);
    showFigures(correct, y.length);
    confusion.show(predictions, y);
    showMistakes(predictions, y);
    if (!whole) return;
    showVerdict(correct);
    address.set({
      hidden: settings.hidden === DEFAULTS.hidden ? null : settings.hidden,
      rate: settings.learning_rate === DEFAULTS.learning_rate ? null : settings.learning_rate,
      batch: settings.batch_size || null,
      epochs: settings.epochs === DEFAULTS.epochs ? null : settings.epochs,
      init: settings.init === DEFAULTS.init ? null : settings.init,
      seed: settings.seed === DEFAULTS.seed ? null : settings.seed,
      at: Math.max(run.epochs, wanted.run) || null,
      before: earlier === null ? null : `${write(earlier.settings)}_${Math.max(earlier.epochs, wanted.earlier)}`,
    });
  }

  /** @param {number} correct @param {number} n */
  function showFigures(correct, n) {
    const last = run.epochs - 1;
    const rate = measured.epochs > 20 ? t("watch.per.second", { rate: Math.round(measured.epochs / measured.seconds) }) : "";
    /** @type {[string, string, string][]} */
    const rows = [
      [t("watch.epoch"), String(run.epochs), t("watch.of", { count: settings.epochs }) + (rate && ` · ${rate}`)],
      [t("watch.train.loss"), last < 0 ? "–" : fixed(run.train_loss[last], 6), earlierLoss("train_loss")],
      [t("watch.test.loss"), last < 0 ? "–" : fixed(run.test_loss[last], 6), earlierLoss("test_loss")],
      [t("watch.correct"), String(correct), `${t("watch.of", { count: n })} = ${percent(correct / n)}`],
    ];
    replace(
      figures,
      rows.map(([name, value, more]) => h("div", {}, h("dt", {}, name), h("dd", {}, h("b", {}, value), " ", h("span", {}, more)))),
    );
  }

  /** @param {"train_loss" | "test_loss"} name */
  function earlierLoss(name) {
    const values = earlier?.[name] ?? [];
    return values.length > 0 ? t("watch.before", { loss: fixed(values[values.length - 1], 6) }) : "";
  }

  /** @param {number} correct */
  function showVerdict(correct) {
    const last = run.epochs - 1;
    const same =
      last >= 0 &&
      fixed(run.train_loss[last], 6) === String(PYTHONS.train) &&
      fixed(run.test_loss[last], 6) === String(PYTHONS.test) &&
      correct === PYTHONS.correct;
    const diverged = last >= 0 && !(run.train_loss[last] < 10 * run.train_loss[0]);
    if (write(settings) === write(DEFAULTS) && run.done) replace(verdict, rich(t(same ? "watch.same" : "watch.other")));
    else replace(verdict, rich(t(diverged ? "watch.diverged" : settings.init === "he" ? "watch.he" : "watch.seeded")));
  }

  /** @param {Int32Array} predictions @param {Uint8Array} y */
  function showMistakes(predictions, y) {
    const { pixels, n_train } = context.digits();
    const wrong = [...y.keys()].filter((i) => predictions[i] !== y[i]);
    replace(mistakesSay, t("watch.mistakes.say", { count: wrong.length }));
    replace(
      mistakes,
      wrong.slice(0, MOST_MISTAKES).map((i) => {
        const canvas = h("canvas", { role: "img", "aria-label": t("watch.mistake", { label: y[i], said: predictions[i] }) });
        paintInk(canvas, pixels.subarray(64 * (n_train + i), 64 * (n_train + i + 1)), 8, colours, 16);
        return h("li", {}, canvas, h("span", { "aria-hidden": "true" }, y[i], h("i", {}, predictions[i])));
      }),
    );
  }

  if (earlier !== null && write(earlier.settings) === write(settings)) earlier = fresh(context, settings);
  show(false);
  show(wanted.run === run.epochs);
  if (wanted.run > run.epochs || (earlier !== null && wanted.earlier > earlier.epochs)) frame = requestAnimationFrame(tick);
  return () => {
    playing = false;
    cancelAnimationFrame(frame);
  };
}

/** @param {Context} context @param {Settings} settings @param {string} [which] */
function recall(context, settings, which = "run") {
  return RUNS.get(`${which} ${write(settings)}`) ?? fresh(context, settings, which);
}

/** @param {Context} context @param {Settings} settings @param {string} [which] */
function fresh(context, settings, which = "run") {
  if (RUNS.size > 8) RUNS.clear();
  const run = new Training(context.split(), settings);
  RUNS.set(`${which} ${write(settings)}`, run);
  return run;
}

/** Each hidden unit's weights as an image of 8 × 8, side by side. */
/** @param {HTMLCanvasElement} canvas @param {Training} run @param {import("./colours.js").Palette} colours */
function paintUnits(canvas, run, colours) {
  const [W1] = run.parameters;
  const across = Math.min(UNITS_ACROSS, W1.cols);
  const down = Math.ceil(W1.cols / across);
  const width = 9 * across - 1;
  const image = new Float64Array(width * (9 * down - 1));
  const column = new Float64Array(64);
  for (let u = 0; u < W1.cols; u++) {
    for (let j = 0; j < 64; j++) column[j] = W1.data[j * W1.cols + u];
    const top = largestOf(column);
    const first = 9 * Math.floor(u / across) * width + 9 * (u % across);
    for (let j = 0; j < 64; j++) image[first + Math.floor(j / 8) * width + (j % 8)] = column[j] / top;
  }
  paint(canvas, image, width, colours, 1);
}

/** Which digit was taken for which. */
class Confusion {
  /** @param {import("./i18n.js").Translate} t */
  constructor(t) {
    const digits = [...Array(10).keys()];
    this.cells = digits.map(() => digits.map(() => h("td")));
    this.element = h(
      "table",
      { class: "confusion" },
      h("caption", { class: "note" }, t("watch.confusion.note")),
      h("thead", {}, h("tr", {}, h("td"), digits.map((k) => h("th", { scope: "col" }, k)))),
      h("tbody", {}, this.cells.map((row, k) => h("tr", {}, h("th", { scope: "row" }, k), row))),
    );
  }

  /** @param {Int32Array} predictions @param {Uint8Array} y */
  show(predictions, y) {
    const counts = this.cells.map((row) => row.map(() => 0));
    predictions.forEach((k, i) => (counts[y[i]][k] += 1));
    this.cells.forEach((row, truth) => {
      const total = counts[truth].reduce((a, b) => a + b);
      row.forEach((td, said) => {
        const count = counts[truth][said];
        td.textContent = count === 0 ? "" : String(count);
        td.className = truth === said ? "plus" : "minus";
        td.style.setProperty("--s", String(truth === said ? count / total : Math.min((4 * count) / total, 1)));
      });
    });
  }
}
