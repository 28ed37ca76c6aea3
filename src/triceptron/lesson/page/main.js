// The page: its head, and the chapter that the address names.

import { breakChapter } from "./break.js";
import { bytes, standardise, unpackDigits } from "./data.js";
import { h, replace } from "./dom.js";
import { drawChapter } from "./draw.js";
import { LANGUAGES, preferred, translator } from "./i18n.js";
import { readModel } from "./model.js";
import { Address, CHAPTERS } from "./state.js";
import { stepChapter } from "./step.js";
import { watchChapter } from "./watch.js";

/** @type {Record<import("./state.js").Chapter, import("./context.js").Chapter>} */
const MOUNT = { draw: drawChapter, watch: watchChapter, step: stepChapter, break: breakChapter };
const THEMES = /** @type {const} */ (["auto", "light", "dark"]);

/** What page.py wrote into the page. @param {string} id */
const inlined = (id) => document.getElementById(id)?.textContent ?? "";

/** @template T @param {() => T} make @returns {() => T} */
function once(make) {
  /** @type {{ made: T } | undefined} */
  let kept;
  return () => (kept ??= { made: make() }).made;
}

const facts = /** @type {import("./context.js").Facts} */ (JSON.parse(inlined("facts")));
const digits = once(() => unpackDigits(bytes(inlined("digits")), facts.n_train));
const split = once(() => standardise(digits()));
const model = once(() => readModel(bytes(inlined("network"))));

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
let leave = () => {};

/** @param {boolean} [arrived] whether the reader has just come here from another chapter */
function show(arrived = false) {
  const address = new Address();
  const language = address.choice("lang", LANGUAGES, preferred());
  const theme = address.choice("theme", THEMES, "auto");
  const t = translator(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = theme;
  document.title = `${t(`${address.chapter}.tab`)} · Triceptron`;
  leave();
  const main = h("main", { id: "main", class: `chapter ${address.chapter}` });
  const live = h("p", { class: "visually-hidden", "aria-live": "polite" });
  /** @param {Record<string, string | null>} values */
  const change = (values) => {
    address.set(values);
    show();
  };
  replace(
    page,
    h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => skip(event, main) }, t("skip")),
    h(
      "header",
      { class: "page-head" },
      h("p", { class: "wordmark" }, h("span", { class: "mark", "aria-hidden": "true" }, h("i"), h("i"), h("i")), "Triceptron"),
      h(
        "nav",
        { "aria-label": t("chapters") },
        CHAPTERS.map((name, i) =>
          h(
            "a",
            { href: address.to(name), "aria-current": name === address.chapter ? "page" : null },
            h("span", { class: "ordinal" }, i + 1),
            t(`${name}.tab`),
          ),
        ),
      ),
      h(
        "div",
        { class: "switches" },
        h(
          "button",
          {
            type: "button",
            class: "button quiet",
            lang: language === "zh" ? "en" : "zh-CN",
            onclick: () => change({ lang: language === "zh" ? "en" : "zh" }),
          },
          language === "zh" ? "English" : "中文",
        ),
        h(
          "button",
          {
            type: "button",
            class: "button quiet",
            onclick: () => change({ theme: { auto: "dark", dark: "light", light: null }[theme] ?? null }),
          },
          t(`theme.${theme}`),
        ),
      ),
    ),
    main,
    h("footer", { class: "page-foot" }, h("p", {}, t("foot", { version: facts.version }))),
    live,
  );
  const say = (/** @type {string} */ text) => replace(live, text);
  leave = MOUNT[address.chapter](main, { t, language, address, facts, digits, split, model, say });
  if (arrived) main.querySelector("h1")?.focus({ preventScroll: true });
}

/** @param {Event} event @param {HTMLElement} main */
function skip(event, main) {
  event.preventDefault();
  main.querySelector("h1")?.focus();
}

window.addEventListener("hashchange", () => {
  window.scrollTo(0, 0);
  show(true);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show());
show();
