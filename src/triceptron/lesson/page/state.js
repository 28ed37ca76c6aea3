// What one sees is in the address, so that a link leads to it: #/step?n=2&cell=Z.0.3

export const CHAPTERS = /** @type {const} */ (["draw", "watch", "step", "break"]);

/** @typedef {(typeof CHAPTERS)[number]} Chapter */

/** Read and written by whatever the page shows; a value that is the default does not stand in the address. */
export class Address {
  constructor(hash = location.hash) {
    const [path, query] = hash.replace(/^#\/?/, "").split("?");
    this.chapter = CHAPTERS.find((name) => name === path) ?? CHAPTERS[0];
    this.values = new URLSearchParams(query ?? "");
  }

  /** @param {string} name @param {string} fallback */
  text(name, fallback) {
    return this.values.get(name) ?? fallback;
  }

  /** @template {string} T @param {string} name @param {readonly T[]} choices @param {T} fallback @returns {T} */
  choice(name, choices, fallback) {
    return choices.find((choice) => choice === this.values.get(name)) ?? fallback;
  }

  /** @param {string} name @param {number} fallback @param {number} least @param {number} most */
  number(name, fallback, least, most) {
    const value = Number(this.values.get(name) ?? NaN);
    return value >= least && value <= most ? value : fallback;
  }

  /** @param {string} name @param {number} fallback @param {number} least @param {number} most */
  count(name, fallback, least, most) {
    const value = this.number(name, fallback, least, most);
    return Number.isInteger(value) ? value : fallback;
  }

  /** Write values down; null takes one away. @param {Record<string, string | number | null>} values */
  set(values) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === "") this.values.delete(name);
      else this.values.set(name, String(value));
    }
    history.replaceState(null, "", this.link(this.chapter, this.values));
  }

  /** The address of another chapter, in the same language and light. @param {Chapter} chapter */
  to(chapter) {
    const kept = new URLSearchParams();
    for (const name of ["lang", "theme"]) {
      const value = this.values.get(name);
      if (value !== null) kept.set(name, value);
    }
    return this.link(chapter, kept);
  }

  /** @param {Chapter} chapter @param {URLSearchParams} values */
  link(chapter, values) {
    const query = values.toString();
    return `#/${chapter}${query && `?${query}`}`;
  }
}
