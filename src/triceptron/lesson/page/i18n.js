// The page's sentences in the reader's language; a file of them for each.

import { EN } from "./text-en.js";
import { ZH } from "./text-zh.js";

export const LANGUAGES = /** @type {const} */ (["en", "zh"]);

/** @typedef {(typeof LANGUAGES)[number]} Language */
/** @typedef {keyof typeof EN} Key */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Translate */

/** @type {Record<Language, Record<string, string>>} */
export const SENTENCES = { en: EN, zh: ZH };

/** @returns {Language} */
export function preferred() {
  const first = navigator.languages.find((language) => /^(en|zh)/.test(language)) ?? "en";
  return first.startsWith("zh") ? "zh" : "en";
}

/** @param {Language} language @returns {Translate} */
export function translator(language) {
  return (key, values = {}) => {
    const sentence = SENTENCES[language][key];
    if (sentence === undefined) throw new Error(`no sentence ${key} in ${language}`);
    return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };
}
