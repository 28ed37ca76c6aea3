// From strokes to the 28 × 28 pixels that the network knows: what MNIST's makers did to their digits.
//
// They cut each digit out, scaled it into a box of 20 × 20, and moved its centre of mass to the middle of 28 × 28.
// A drawing here is strokes, not pixels: it is scaled before it is inked, so that nothing blurs.

/** @typedef {{ x: number, y: number }} Point on the pad, whose side is 1 */
/** @typedef {Point[]} Stroke */
/** @typedef {{ scale: number, x: number, y: number }} Place a point p of the pad lies at scale · p + (x, y) */
/**
 * @typedef {object} Prepared
 * @property {{ left: number, top: number, right: number, bottom: number }} crop the digit's place on the pad
 * @property {Float64Array} boxed the digit in the middle of 28 × 28, scaled: ink from 0 to 1
 * @property {{ x: number, y: number }} mass its centre of mass, in pixels
 * @property {Uint8Array} pixels with the centre of mass in the middle: bytes, as MNIST's
 */

export const SIDE = 28;
const BOX = 20;
const MIDDLE = SIDE / 2;
/** Where the centre of mass lies in MNIST: they counted whole pixels, and 14 is the fifteenth. */
const MASS = 14.5;

/** Half the width of a pen in pixels: the finest and the broadest of MNIST's usual pens. */
const PEN = [0.8, 1.1];

/** The pad as it is, made small: what a network gets that nobody prepared for. */
/** @param {Stroke[]} strokes @param {number} radius of the pen, on the pad @returns {Uint8Array} */
export function shrink(strokes, radius) {
  return toBytes(ink(strokes, radius * SIDE, { scale: SIDE, x: 0, y: 0 }));
}

/** @param {Stroke[]} strokes at least one point @param {number} radius of the pen, on the pad @returns {Prepared} */
export function prepare(strokes, radius) {
  const points = strokes.flat();
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [right, bottom] = [Math.max(...xs), Math.max(...ys)];
  const length = Math.max(right - left, bottom - top);

  const pen = Math.min(Math.max((radius * BOX) / (length + 2 * radius), PEN[0]), PEN[1]);
  const scale = length > 0 ? (BOX - 2 * pen) / length : 1;
  const boxed = { scale, x: MIDDLE - (scale * (left + right)) / 2, y: MIDDLE - (scale * (top + bottom)) / 2 };
  const image = ink(strokes, pen, boxed);

  const mass = centreOfMass(image);
  const centred = { scale, x: boxed.x + MASS - mass.x, y: boxed.y + MASS - mass.y };
  return {
    crop: { left: left - radius, top: top - radius, right: right + radius, bottom: bottom + radius },
    boxed: image,
    mass,
    pixels: toBytes(ink(strokes, pen, centred)),
  };
}

/**
 * Draw with a round pen on 28 × 28 pixels. A pixel's ink is how far the nearest stroke's edge reaches into it.
 * @param {Stroke[]} strokes @param {number} pen its radius in pixels @param {Place} place @returns {Float64Array}
 */
export function ink(strokes, pen, { scale, x, y }) {
  const image = new Float64Array(SIDE * SIDE);
  for (const stroke of strokes) {
    const line = stroke.map((p) => ({ x: scale * p.x + x, y: scale * p.y + y }));
    line.forEach((to, i) => inkSegment(image, line[Math.max(i - 1, 0)], to, pen));
  }
  return image;
}

/** @param {Float64Array} image @param {Point} from @param {Point} to @param {number} pen */
function inkSegment(image, from, to, pen) {
  const reach = pen + 1;
  const [first, last] = [clamp(Math.min(from.y, to.y) - reach), clamp(Math.max(from.y, to.y) + reach)];
  const [begin, end] = [clamp(Math.min(from.x, to.x) - reach), clamp(Math.max(from.x, to.x) + reach)];
  for (let row = first; row < last; row++) {
    for (let col = begin; col < end; col++) {
      const far = distance(col + 0.5, row + 0.5, from, to);
      const covered = Math.min(Math.max(pen + 0.5 - far, 0), 1);
      if (covered > image[row * SIDE + col]) image[row * SIDE + col] = covered;
    }
  }
}

/** Of a point from a segment. @param {number} x @param {number} y @param {Point} from @param {Point} to */
function distance(x, y, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length2 = dx * dx + dy * dy;
  const along = length2 > 0 ? ((x - from.x) * dx + (y - from.y) * dy) / length2 : 0;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - from.x - t * dx, y - from.y - t * dy);
}

/** The pixel in which a coordinate lies, within the image. @param {number} coordinate */
function clamp(coordinate) {
  return Math.min(Math.max(Math.floor(coordinate), 0), SIDE);
}

/** @param {Float64Array} image @returns {Point} */
export function centreOfMass(image) {
  let [total, x, y] = [0, 0, 0];
  image.forEach((value, p) => {
    total += value;
    x += value * ((p % SIDE) + 0.5);
    y += value * (Math.floor(p / SIDE) + 0.5);
  });
  return { x: x / total, y: y / total };
}

/** @param {Float64Array} image */
function toBytes(image) {
  return Uint8Array.from(image, (value) => Math.round(255 * value));
}
