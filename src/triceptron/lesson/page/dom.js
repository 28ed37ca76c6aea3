// Making elements.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, any>} Props attributes; on… is a listener, a property where the element has one */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Props} [props] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag @param {Props} [props] @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

/** @template {Element} E @param {E} element @param {Props} props @param {(Child | Child[])[]} children @returns {E} */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {(Child | Child[])[]} children */
export function append(element, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(typeof child === "number" ? String(child) : child);
    }
  }
}

/** @param {Element} element @param {...(Child | Child[])} children */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Text with `code` and $W_1$ in it. @param {string} text @returns {Node[]} */
export function rich(text) {
  return text.split(/(`[^`]+`|\$[^$]+\$)/).map((part) => {
    if (part.startsWith("`")) return h("code", {}, part.slice(1, -1));
    if (part.startsWith("$")) return symbol(part.slice(1, -1).replace("_", ""));
    return document.createTextNode(part);
  });
}

/** A name of the alphabet as mathematics writes it: dW1 with an upright d and a small 1. @param {string} name */
export function symbol(name) {
  const [, d, letter, index, prime] = /^(d?)(log P|loss|[A-Za-zη]+?)([12]?)(′?)$/.exec(name) ?? ["", "", name, "", ""];
  const upright = letter.length > 1;
  return h("span", { class: "symbol" }, d, upright ? letter : h("i", {}, letter), index && h("sub", {}, index), prime);
}
