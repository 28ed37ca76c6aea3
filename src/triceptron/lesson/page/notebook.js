// The step of chapter 3 in a notebook, over a reader's own network: what anywidget calls.

import { readPaletteFrom } from "./colours.js";
import { h } from "./dom.js";
import { LANGUAGES, preferred, translator } from "./i18n.js";
import { Matrix } from "./matrix.js";
import { StepView } from "./stepview.js";

/** @param {{ model: { get: (name: string) => any }, el: HTMLElement }} widget */
export function render({ model, el }) {
  const host = h("div", { "data-theme": "auto" });
  const shadow = host.attachShadow({ mode: "open" });
  const language = LANGUAGES.find((name) => name === model.get("language")) ?? preferred();
  const problem = model.get("problem");
  el.append(host);
  readPaletteFrom(host);
  const view = new StepView(translator(language), model.get("lines"));
  shadow.append(h("style", {}, model.get("style")), view.element);
  /** @param {Record<string, number[][]>} arrays */
  const matrices = (arrays) => Object.fromEntries(Object.entries(arrays).map(([name, rows]) => [name, Matrix.of(rows)]));
  const { X, Y, W1, b1, W2, b2 } = matrices(problem.given);
  view.show({
    X,
    Y,
    parameters: [W1, b1, W2, b2],
    learning_rate: problem.learning_rate,
    theirs: matrices(problem.theirs),
  });
}
