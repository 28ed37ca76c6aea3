// One scale for numbers: orange for negative, blue for positive, the paper for 0. Colour-blind people tell them apart.

/** @typedef {{ plus: number[], minus: number[], paper: number[], ink: string, faint: string }} Palette */

const source = { element: document.documentElement };

/** Where style.css holds, if not everywhere. @param {HTMLElement} element */
export function readPaletteFrom(element) {
  source.element = element;
}

/** The tokens of style.css, for pictures made of pixels. @returns {Palette} */
export function palette() {
  const style = getComputedStyle(source.element);
  /** @param {string} name */
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    plus: rgb(token("--plus")),
    minus: rgb(token("--minus")),
    paper: rgb(token("--surface")),
    ink: token("--ink"),
    faint: token("--line"),
  };
}

/** @param {string} hex */
function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** How strong the colour of a value is, from -1 to 1. @param {number} value @param {number} largest */
export function strength(value, largest) {
  if (!Number.isFinite(value) || largest === 0) return 0;
  return Math.sign(value) * Math.min(Math.abs(value) / largest, 1) ** 0.7;
}

/**
 * Paint numbers as pixels, one each; the canvas is stretched by style.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number} cols
 * @param {Palette} colours @param {number} [largest]
 * @param {(p: number) => number} [share] of a pixel's colour that is shown, from 0 to 1
 */
export function paint(canvas, values, cols, colours, largest = 0, share = () => 1) {
  const rows = values.length / cols;
  if (canvas.width !== cols || canvas.height !== rows) [canvas.width, canvas.height] = [cols, rows];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(cols, rows);
  const top = largest || largestOf(values);
  for (let p = 0; p < values.length; p++) {
    const s = strength(values[p], top) * share(p);
    const towards = s < 0 ? colours.minus : colours.plus;
    for (let c = 0; c < 3; c++) {
      image.data[4 * p + c] = colours.paper[c] + Math.abs(s) * (towards[c] - colours.paper[c]);
    }
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Paint ink, 0 to most, in the page's own ink. @type {typeof paint} */
export function paintInk(canvas, values, cols, colours, most = 255) {
  const ink = rgb(colours.ink);
  paint(canvas, values, cols, { ...colours, plus: ink }, most);
}

/** @param {ArrayLike<number>} values */
export function largestOf(values) {
  let largest = 0;
  for (let p = 0; p < values.length; p++) {
    const size = Math.abs(values[p]);
    if (size > largest && Number.isFinite(size)) largest = size;
  }
  return largest;
}
