// Strokes in an address: two characters of base64 for a coordinate pair would be too coarse, so a byte for each.

/** @typedef {import("./preprocessing.js").Stroke} Stroke */

const MOST_POINTS = 2000;

/** The nearest place on the pad that an address can name. @param {number} coordinate */
export const snap = (coordinate) => Math.round(255 * Math.min(Math.max(coordinate, 0), 1)) / 255;

/** @param {Stroke[]} strokes */
export function encode(strokes) {
  return strokes
    .map((stroke) => {
      const text = btoa(String.fromCharCode(...stroke.flatMap(({ x, y }) => [Math.round(255 * x), Math.round(255 * y)])));
      return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
    })
    .join(".");
}

/** What is no drawing is an empty one. @param {string} text @returns {Stroke[]} */
export function decode(text) {
  try {
    const strokes = text.split(".").filter((part) => part !== "").map((part) => {
      const bytes = atob(part.replace(/-/g, "+").replace(/_/g, "/"));
      return Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => ({
        x: bytes.charCodeAt(2 * i) / 255,
        y: bytes.charCodeAt(2 * i + 1) / 255,
      }));
    });
    return strokes.flat().length <= MOST_POINTS ? strokes.filter((stroke) => stroke.length > 0) : [];
  } catch {
    return [];
  }
}
