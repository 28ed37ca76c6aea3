// Chapter 3: one step of the network, every number of it.

import { button, heading, numeric, segmented } from "./controls.js";
import { paintInk, palette } from "./colours.js";
import { h, replace, rich } from "./dom.js";
import { precise } from "./format.js";
import { smallTask } from "./smallnet.js";
import { StepView } from "./stepview.js";
import * as steps from "./steps.js";
import { initialize, take } from "./training.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./steps.js").Parameters} Parameters */
/** @typedef {import("./smallnet.js").Task} Task */

const NETS = /** @type {const} */ (["small", "digits"]);
const MOST_STEPS = 500;

/** @type {import("./context.js").Chapter} */
export function stepChapter(root, context) {
  const { t, address, facts } = context;
  let net = address.choice("net", NETS, "small");
  let n = address.count("n", 2, 1, 4);
  let first = address.count("first", 0, 0, 300);
  let taken = address.count("taken", 0, 0, MOST_STEPS);
  let rate = address.number("rate", 0.5, 1e-6, 100);

  const view = new StepView(t, facts.lines, ({ equation, cell }) => {
    address.set({ eq: equation, cell: cell && `${cell.name}.${cell.i}.${cell.j}` });
  });
  const progress = h("p", { class: "progress", "aria-live": "polite" });

  function show() {
    const task = makeTask(context, net, n, first);
    const Y = steps.one_hot(task.y, task.classes);
    const losses = [];
    let parameters = task.start;
    for (let step = 0; ; step++) {
      const { Z, H, O } = steps.forward(task.X, parameters);
      losses.push(steps.cross_entropy(Y, O));
      if (step === taken) break;
      const gradient = steps.compute_gradient(Y, steps.softmax(O), H, Z, task.X, parameters);
      parameters = steps.update(parameters, gradient, rate);
    }
    view.show({ X: task.X, Y, parameters, learning_rate: rate, samples: pictures(context, task) });
    const values = { count: taken, first: precise(losses[0]), loss: precise(losses[taken]) };
    replace(progress, rich(t(taken === 0 ? "step.progress.start" : "step.progress", values)));
    back.disabled = restart.disabled = taken === 0;
    address.set({
      net: net === "small" ? null : net,
      n: n === 2 ? null : n,
      first: first || null,
      taken: taken || null,
      rate: rate === 0.5 ? null : rate,
    });
  }
  /** @param {number} count */
  const goTo = (count) => {
    taken = Math.min(Math.max(count, 0), MOST_STEPS);
    show();
  };
  const forward = button(t("step.take"), () => goTo(taken + 1), "primary");
  const back = button(t("step.back"), () => goTo(taken - 1));
  const restart = button(t("step.restart"), () => goTo(0));

  root.append(
    heading(t("step.title"), rich(t("step.lead"))),
    view.element,
    h(
      "section",
      { class: "panel controls", "aria-label": t("step.controls") },
      h("div", { class: "buttons" }, forward, back, restart),
      progress,
      segmented({
        label: t("step.net"),
        choices: NETS.map((name) => [name, t(`step.net.${name}`)]),
        value: net,
        onchange: (value) => {
          [net, taken] = [value, 0];
          view.choose(null);
          show();
        },
      }),
      numeric({ label: t("step.n"), value: n, min: 1, max: 4, onchange: (value) => ((n = value), show()) }),
      numeric({ label: t("step.first"), value: first, min: 0, max: 300, onchange: (value) => ((first = value), show()) }),
      numeric({ label: t("step.rate"), value: rate, min: 1e-6, max: 100, step: "any", onchange: (value) => ((rate = value), show()) }),
    ),
  );
  const equation = address.count("eq", 0, 0, 13);
  const cell = address.text("cell", "");
  show();
  if (equation > 0) view.choose(equation);
  const [name, i, j] = cell.split(".");
  const matrix = view.values?.[name];
  if (matrix !== undefined && Number(i) < matrix.rows && Number(j) < matrix.cols) {
    view.pinned = true;
    view.point({ name, i: Number(i), j: Number(j) });
  }
  return () => {};
}

/** @param {Context} context @param {(typeof NETS)[number]} net @param {number} n @param {number} first @returns {Task} */
function makeTask(context, net, n, first) {
  if (net === "small") return smallTask(context.digits(), n, first);
  const samples = Array.from({ length: n }, (_, i) => first + i);
  return {
    X: take(context.split().train.X, samples),
    y: samples.map((i) => context.digits().labels[i]),
    classes: 10,
    start: initialize(64, 50, 10, "he", 32),
    samples,
  };
}

/** @param {Context} context @param {Task} task */
function pictures({ t, digits }, { samples }) {
  const { pixels, labels } = digits();
  return samples.map((i) => {
    const canvas = h("canvas", { class: "digit", role: "img", "aria-label": t("digit", { label: labels[i] }) });
    paintInk(canvas, pixels.subarray(64 * i, 64 * i + 64), 8, palette(), 16);
    return canvas;
  });
}
