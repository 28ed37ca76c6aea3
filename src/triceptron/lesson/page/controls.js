// The few controls that the chapters share.

import { h } from "./dom.js";

/**
 * A choice of few, side by side.
 * @template {string} T
 * @param {{ label: string, choices: [T, string][], value: T, onchange: (value: T) => void, visible?: boolean }} options
 */
export function segmented({ label, choices, value, onchange, visible = true }) {
  const name = `choice-${Math.random().toString(36).slice(2)}`;
  return h(
    "fieldset",
    { class: "control" },
    h("legend", { class: visible ? "label" : "visually-hidden" }, label),
    h(
      "div",
      { class: "segmented" },
      choices.map(([key, text]) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name, value: key, checked: key === value, onchange: () => onchange(key) }),
          h("span", {}, text),
        ),
      ),
    ),
  );
}

/**
 * A number that is typed or stepped; what makes no sense is not taken.
 * @param {{ label: string, value: number, min: number, max: number, step?: number | "any",
 *   onchange: (value: number) => void }} options
 */
export function numeric({ label, value, min, max, step = 1, onchange }) {
  const input = h("input", { type: "number", value, min, max, step, inputmode: step === 1 ? "numeric" : "decimal" });
  input.addEventListener("change", () => {
    const given = input.valueAsNumber;
    if (given >= min && given <= max && (step !== 1 || Number.isInteger(given))) value = given;
    input.value = String(value);
    onchange(value);
  });
  return h("label", { class: "control" }, h("span", { class: "label" }, label), input);
}

/**
 * @param {{ label: string, value: number, min: number, max: number, step: number, text?: (value: number) => string,
 *   onchange: (value: number) => void }} options
 */
export function slider({ label, value, min, max, step, text = String, onchange }) {
  const output = h("output", {}, text(value));
  const input = h("input", { type: "range", value, min, max, step });
  input.addEventListener("input", () => {
    output.textContent = text(input.valueAsNumber);
    onchange(input.valueAsNumber);
  });
  return h("label", { class: "control" }, h("span", { class: "label" }, label, " ", output), input);
}

/** @param {string} text @param {() => void} onclick @param {string} [kind] */
export function button(text, onclick, kind = "") {
  return h("button", { type: "button", class: `button ${kind}`, onclick }, text);
}

/** The head of a chapter: what it claims, and what to do. @param {string} title @param {Node[]} lead */
export function heading(title, lead) {
  return h("header", { class: "chapter-head" }, h("h1", { tabindex: -1 }, title), h("p", { class: "lead" }, lead));
}
