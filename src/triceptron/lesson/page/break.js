// Chapter 4: put a fault in. The loss still falls, the accuracy looks fine; central differences see it at once.

import { Chart } from "./chart.js";
import { heading, segmented } from "./controls.js";
import { centralDifferences, difference, disagree, EPSILON } from "./differences.js";
import { h, replace, rich, symbol } from "./dom.js";
import { FAULTS, log_softmax_of_whole, plain_softmax, withFault } from "./faults.js";
import { fixed, percent, precise } from "./format.js";
import { Matrix } from "./matrix.js";
import { MatrixView } from "./matrixview.js";
import { smallTask } from "./smallnet.js";
import * as steps from "./steps.js";
import { DEFAULTS, STEPS, Training } from "./training.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./training.js").Settings} Settings */
/** @typedef {import("./training.js").Steps} Steps */
/** @typedef {import("./steps.js").Parameters} Parameters */

const FRAME = 28;
const NAMES = ["dW1", "db1", "dW2", "db2"];
const JOBS = /** @type {const} */ (["quick", "text"]);
/** @type {Record<(typeof JOBS)[number], Settings>} */
const SETTINGS = {
  quick: { hidden: 50, learning_rate: 0.1, batch_size: 16, epochs: 30, init: "he", seed: 32 },
  text: DEFAULTS,
};

/** @type {Map<string, Training>} */
const RUNS = new Map();

/** @type {import("./context.js").Chapter} */
export function breakChapter(root, context) {
  const { t, address, facts, language } = context;
  let fault = address.choice("fault", ["none", ...FAULTS], "relu_in_place");
  let job = address.choice("job", JOBS, "quick");
  let frame = 0;

  const line = h("div", { class: "line-diff" });
  const why = h("p", { class: "why" });
  const chart = new Chart({ label: t("break.chart"), x: t("watch.epoch"), y: t("watch.loss") });
  const compared = h("table", { class: "compared" });
  const verdict = h("h2", { "aria-live": "polite" });
  const explained = h("p", { class: "note" });
  const pairs = h("div", { class: "pairs" });
  const written = h("p", { class: "sum", "aria-live": "polite" });
  const shown = h("div", { class: "shown" });
  const checker = h("div", { class: "checker" });

  root.append(
    heading(t("break.title"), rich(t("break.lead"))),
    h(
      "div",
      { class: "break-grid" },
      h(
        "fieldset",
        { class: "panel faults" },
        h("legend", { class: "visually-hidden" }, t("break.faults")),
        ["none", ...FAULTS].map((name) => {
          const known = facts.faults.find((each) => each.name === name);
          return h(
            "label",
            { class: "fault" },
            h("input", { type: "radio", name: "fault", value: name, checked: name === fault, onchange: () => put(name) }),
            h("span", {}, h("b", {}, t(`break.${name}`)), known?.published && h("small", {}, t("break.published"))),
          );
        }),
      ),
      h(
        "div",
        { class: "break-side" },
        h("section", { class: "panel line-panel", "aria-label": t("break.line") }, line, why),
        h(
          "section",
          { class: "panel loss-panel" },
          h(
            "div",
            { class: "panel-head" },
            h("h2", {}, t("break.losses")),
            segmented({
              label: t("break.job"),
              visible: false,
              choices: JOBS.map((name) => [name, t(`break.job.${name}`)]),
              value: job,
              onchange: (name) => {
                job = name;
                run();
              },
            }),
          ),
          chart.element,
          compared,
        ),
        h("section", { class: "panel differences-panel" }, verdict, explained, pairs, written, shown),
        h("section", { class: "panel checker-panel" }, h("h2", {}, rich(t("break.checker"))), checker),
      ),
    ),
  );

  /** @param {string} name */
  function put(name) {
    fault = name;
    show();
    run();
  }

  function show() {
    const known = facts.faults.find(({ name }) => name === fault);
    replace(
      line,
      known === undefined
        ? h("p", {}, t("break.line.none"))
        : [
            h("p", { class: "where" }, h("code", {}, `def ${known.function}(…):`)),
            ...known.right.split("\n").map((text) => h("code", { class: "was" }, h("span", { class: "sign" }, "−"), text)),
            ...known.wrong.split("\n").map((text) => h("code", { class: "is" }, h("span", { class: "sign" }, "+"), text)),
          ],
    );
    replace(why, rich(t(`break.${fault}.why`)));
    showDifferences();
    const words = facts.verdicts[language]?.[fault] ?? [];
    replace(
      checker,
      words.length === 0
        ? h("p", { class: "note" }, t("break.checker.none"))
        : words.map(({ step, says, cause }) =>
            h("blockquote", {}, h("p", {}, h("b", {}, step), " ", says), cause !== "" && h("p", { class: "cause" }, cause)),
          ),
    );
  }

  /** The small network's gradient, by the formulas with the fault in them and by differences of its own loss. */
  function showDifferences() {
    const s = fault === "none" ? STEPS : withFault(fault);
    const task = smallTask(context.digits(), 4, 0);
    const Y = steps.one_hot(task.y, task.classes);
    /** @param {Parameters} parameters */
    const loss = (parameters) => s.cross_entropy(Y, s.forward(task.X, parameters).O);
    const { Z, H, O } = s.forward(task.X, task.start);
    const gradient = s.compute_gradient(Y, s.softmax(O), H, Z, task.X, task.start);
    const central = centralDifferences(loss, task.start);
    let [wrong, all] = [0, 0];
    replace(
      pairs,
      NAMES.map((name, which) => {
        const [ours, theirs] = [gradient[which], central[which]];
        /** @param {import("./equations.js").Cell} cell */
        const point = ({ i, j }) => {
          const p = i * ours.cols + j;
          const { up, down, slope } = difference(loss, task.start, which, p);
          const values = { up: fixed(up, 8), down: fixed(down, 8), epsilon: "0.00002", slope: precise(slope), formula: precise(ours.data[p]) };
          const entry = [symbol(name), `[${i}, ${j}]: `];
          replace(written, entry, t("break.sum", values), disagree(ours.data[p], slope) && h("b", { class: "wrong" }, ` ${t("break.sum.wrong")}`));
          views.forEach((view) => view.mark({ name: view.name, i, j }, []));
        };
        const views = [ours, theirs].map((values, side) => {
          const title = side === 0 ? [symbol(name)] : [h("span", { class: "note" }, t("break.central"))];
          const label = t(side === 0 ? "break.by.formula" : "break.by.differences", { name });
          return new MatrixView(name, values, { caption: title, label, onpoint: point, onpin: point });
        });
        ours.data.forEach((value, p) => {
          const bad = disagree(value, theirs.data[p]);
          [wrong, all] = [wrong + Number(bad), all + 1];
          if (bad) views.forEach((view) => view.cells?.flat()[p].classList.add("wrong"));
        });
        return h("div", { class: "pair" }, views.map(({ element }) => element));
      }),
    );
    replace(verdict, rich(t(wrong === 0 ? "break.agree" : "break.disagree", { wrong, all })));
    verdict.classList.toggle("wrong", wrong > 0);
    replace(explained, rich(t("break.explained", { epsilon: String(EPSILON) })));
    replace(written, h("span", { class: "hint" }, t("break.point")));
    replace(shown, example(fault, t));
  }

  function run() {
    cancelAnimationFrame(frame);
    address.set({ fault: fault === "relu_in_place" ? null : fault, job: job === "quick" ? null : job });
    const right = recall(context, job, "none");
    const wrong = fault === "none" ? null : recall(context, job, fault);
    const tick = () => {
      const began = performance.now();
      while (performance.now() - began < FRAME) {
        const next = [right, wrong].find((each) => each !== null && !each.done);
        if (next === undefined || next === null) break;
        next.epoch();
      }
      const done = right.done && (wrong === null || wrong.done);
      draw(right, wrong);
      if (!done) frame = requestAnimationFrame(tick);
    };
    tick();
  }

  /** @param {Training} right @param {Training | null} wrong */
  function draw(right, wrong) {
    const curves = [{ name: t("break.right"), kind: "right", values: right.train_loss }];
    if (wrong !== null) curves.push({ name: t("break.wrong"), kind: "wrong", values: wrong.train_loss });
    chart.show(curves, right.settings.epochs);
    const rows = [[t("break.right"), right, "right"], ...(wrong === null ? [] : [[t("break.wrong"), wrong, "wrong"]])];
    replace(
      compared,
      h("thead", {}, h("tr", {}, ["break.version", "watch.train.loss", "watch.test.loss", "watch.correct"].map((key) => h("th", { scope: "col" }, t(key))))),
      h(
        "tbody",
        {},
        rows.map(([name, each, kind]) => {
          const one = /** @type {Training} */ (each);
          const last = one.epochs - 1;
          const correct = one.correct();
          const n = one.data.test.y.length;
          return h(
            "tr",
            {},
            h("th", { scope: "row", class: `curve-key ${kind}` }, String(name)),
            h("td", {}, last < 0 ? "–" : fixed(one.train_loss[last], 6)),
            h("td", {}, last < 0 ? "–" : fixed(one.test_loss[last], 6)),
            h("td", {}, `${correct} = ${percent(correct / n)}`),
          );
        }),
      ),
    );
  }

  show();
  run();
  return () => cancelAnimationFrame(frame);
}

/** @param {Context} context @param {(typeof JOBS)[number]} job @param {string} fault */
function recall(context, job, fault) {
  const key = `${job} ${fault}`;
  const run = RUNS.get(key) ?? new Training(context.split(), SETTINGS[job], fault === "none" ? STEPS : withFault(fault));
  RUNS.set(key, run);
  return run;
}

/** For faults that ordinary numbers do not show: numbers that do. */
/** @param {string} fault @param {import("./i18n.js").Translate} t @returns {Node[]} */
function example(fault, t) {
  /** @param {string} call @param {Matrix} right @param {Matrix} wrong */
  const both = (call, right, wrong) => [
    h("p", {}, rich(t("break.example"))),
    h(
      "table",
      { class: "compared" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("code", {}, call)), h("th", { scope: "col" }, t("break.right")), h("th", { scope: "col" }, t("break.wrong")))),
      h(
        "tbody",
        {},
        Array.from({ length: right.rows }, (_, i) =>
          h("tr", {}, h("th", { scope: "row" }, t("break.row", { row: i })), h("td", {}, row(right, i)), h("td", { class: "wrong" }, row(wrong, i))),
        ),
      ),
    ),
  ];
  if (fault === "whole_maximum") {
    const O = Matrix.of([[0, 0], [2000, 0]]);
    return both("log_softmax([[0, 0], [2000, 0]])", steps.log_softmax(O), log_softmax_of_whole(O));
  }
  if (fault === "plain_softmax") {
    const O = Matrix.of([[1e32, 0, -1e32]]);
    return both("softmax([[1e32, 0, -1e32]])", steps.softmax(O), plain_softmax(O));
  }
  if (fault === "same_seed") {
    const [W1, , W2] = withFault("same_seed").initialize(64, 50, 10, "exercise", 32);
    /** @param {Matrix} W */
    const first = (W) => [...W.data.subarray(0, 4)].map((value) => precise(value)).join(", ");
    return [
      h("p", {}, rich(t("break.same_seed.example"))),
      h("table", { class: "compared" }, h("tbody", {}, [["W1", W1], ["W2", W2]].map(([name, W]) => h("tr", {}, h("th", { scope: "row" }, symbol(String(name))), h("td", {}, `${first(/** @type {Matrix} */ (W))}, …`))))),
    ];
  }
  return [];
}

/** @param {Matrix} A @param {number} i */
function row(A, i) {
  return [...A.data.subarray(i * A.cols, (i + 1) * A.cols)].map((value) => precise(value)).join(", ");
}
