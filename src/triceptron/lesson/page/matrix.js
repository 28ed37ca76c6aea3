// Matrices of doubles, so that steps.js reads like the mathematics. Every operation makes a new matrix.

/** Rows of doubles; a vector is a matrix of one row, a column one of one column. */
export class Matrix {
  /**
   * @param {number} rows
   * @param {number} cols
   * @param {Float64Array} [data] row after row; zeros when not given
   */
  constructor(rows, cols, data = new Float64Array(rows * cols)) {
    if (data.length !== rows * cols) {
      throw new RangeError(`${data.length} numbers are no ${rows} × ${cols} matrix`);
    }
    this.rows = rows;
    this.cols = cols;
    this.data = data;
    /** @type {Matrix | undefined} */
    this.transpose = undefined;
  }

  /**
   * @param {number[][]} rows
   * @returns {Matrix}
   */
  static of(rows) {
    return new Matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
  }

  /** @param {number} i @param {number} j */
  at(i, j) {
    return this.data[i * this.cols + j];
  }

  /** The transpose; made once, since a matrix never changes. */
  get T() {
    if (this.transpose === undefined) {
      const { rows, cols, data } = this;
      const T = new Matrix(cols, rows);
      for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) T.data[j * rows + i] = data[i * cols + j];
      this.transpose = T;
    }
    return this.transpose;
  }

  /** @param {Matrix} B */
  matmul(B) {
    if (this.cols !== B.rows) throw new RangeError(`(${shape(this)}) @ (${shape(B)}) has no meaning`);
    return multiply(this, B);
  }

  /** @param {Matrix | number} B */
  plus(B) {
    const [C, b, down, along] = this.beside(B);
    for (let i = 0, p = 0; i < C.rows; i++) {
      for (let j = 0, q = i * down; j < C.cols; j++, p++, q += along) C.data[p] = this.data[p] + b[q];
    }
    return C;
  }

  /** @param {Matrix | number} B */
  minus(B) {
    const [C, b, down, along] = this.beside(B);
    for (let i = 0, p = 0; i < C.rows; i++) {
      for (let j = 0, q = i * down; j < C.cols; j++, p++, q += along) C.data[p] = this.data[p] - b[q];
    }
    return C;
  }

  /** Entry by entry. @param {Matrix | number} B */
  times(B) {
    const [C, b, down, along] = this.beside(B);
    for (let i = 0, p = 0; i < C.rows; i++) {
      for (let j = 0, q = i * down; j < C.cols; j++, p++, q += along) C.data[p] = this.data[p] * b[q];
    }
    return C;
  }

  /** Entry by entry. @param {Matrix | number} B */
  over(B) {
    const [C, b, down, along] = this.beside(B);
    for (let i = 0, p = 0; i < C.rows; i++) {
      for (let j = 0, q = i * down; j < C.cols; j++, p++, q += along) C.data[p] = this.data[p] / b[q];
    }
    return C;
  }

  /**
   * A matrix for the result, and how to walk through B beside this one: a number, a row or a column repeats.
   * @param {Matrix | number} B
   * @returns {[Matrix, Float64Array, number, number]}
   */
  beside(B) {
    if (typeof B === "number") return [new Matrix(this.rows, this.cols), Float64Array.of(B), 0, 0];
    if ((B.rows !== 1 && B.rows !== this.rows) || (B.cols !== 1 && B.cols !== this.cols)) {
      throw new RangeError(`(${shape(B)}) does not fit (${shape(this)})`);
    }
    return [new Matrix(this.rows, this.cols), B.data, B.rows === 1 ? 0 : B.cols, B.cols === 1 ? 0 : 1];
  }
}

/** @param {Matrix} A */
export const shape = (A) => `${A.rows}, ${A.cols}`;

/**
 * @param {Matrix} A
 * @param {(value: number) => number} f
 */
export function map(A, f) {
  return new Matrix(A.rows, A.cols, A.data.map(f));
}

/** @param {Matrix} A */
export const exp = (A) => map(A, Math.exp);

/** @param {Matrix} A */
export const log = (A) => map(A, Math.log);

/** @param {Matrix} A @param {number} b */
export function maximum(A, b) {
  const C = new Matrix(A.rows, A.cols);
  for (let p = 0; p < C.data.length; p++) C.data[p] = Math.max(A.data[p], b);
  return C;
}

/** 1 where an entry is larger than b, else 0. @param {Matrix} A @param {number} b */
export function greater(A, b) {
  const C = new Matrix(A.rows, A.cols);
  for (let p = 0; p < C.data.length; p++) C.data[p] = Number(A.data[p] > b);
  return C;
}

/** Along an axis, as in NumPy: 0 leaves one row, -1 leaves one column. @param {Matrix} A @param {0 | -1} axis */
export function sum(A, axis) {
  const { rows, cols, data } = A;
  const S = axis === 0 ? new Matrix(1, cols) : new Matrix(rows, 1);
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++, p++) S.data[axis === 0 ? j : i] += data[p];
  }
  return S;
}

/** The largest of each row: one column. @param {Matrix} A */
export function max(A) {
  const M = new Matrix(A.rows, 1);
  for (let i = 0, p = 0; i < A.rows; i++) {
    M.data[i] = -Infinity;
    for (let j = 0; j < A.cols; j++, p++) M.data[i] = Math.max(M.data[i], A.data[p]);
  }
  return M;
}

/** Of all entries: a number. @param {Matrix} A */
export function mean(A) {
  let total = 0;
  for (const value of A.data) total += value;
  return total / A.data.length;
}

/** The place of each row's largest entry, the first of equals. @param {Matrix} A */
export function argmax(A) {
  const places = new Int32Array(A.rows);
  for (let i = 0; i < A.rows; i++) {
    for (let j = 1; j < A.cols; j++) if (A.at(i, j) > A.at(i, places[i])) places[i] = j;
  }
  return places;
}

/**
 * A @ B. Each entry is one sum from the first product to the last; four rows and two columns of them at a time,
 * since a number that is loaded once for eight sums costs an eighth.
 * @param {Matrix} A
 * @param {Matrix} B
 */
function multiply(A, B) {
  const C = new Matrix(A.rows, B.cols);
  const { rows: n, cols: m, data: a } = A;
  const { cols: p, data: b } = B;
  const c = C.data;
  const [fours, twos] = [n - (n % 4), p - (p % 2)];
  for (let i = 0; i < fours; i += 4) {
    const r0 = i * m;
    const [r1, r2, r3] = [r0 + m, r0 + 2 * m, r0 + 3 * m];
    for (let j = 0; j < twos; j += 2) {
      let c00 = 0, c01 = 0, c10 = 0, c11 = 0, c20 = 0, c21 = 0, c30 = 0, c31 = 0;
      for (let k = 0, q = j; k < m; k++, q += p) {
        const b0 = b[q], b1 = b[q + 1];
        const a0 = a[r0 + k], a1 = a[r1 + k], a2 = a[r2 + k], a3 = a[r3 + k];
        c00 += a0 * b0; c01 += a0 * b1;
        c10 += a1 * b0; c11 += a1 * b1;
        c20 += a2 * b0; c21 += a2 * b1;
        c30 += a3 * b0; c31 += a3 * b1;
      }
      const o = i * p + j;
      c[o] = c00; c[o + 1] = c01;
      c[o + p] = c10; c[o + p + 1] = c11;
      c[o + 2 * p] = c20; c[o + 2 * p + 1] = c21;
      c[o + 3 * p] = c30; c[o + 3 * p + 1] = c31;
    }
    if (twos < p) for (let r = i; r < i + 4; r++) c[r * p + twos] = product(a, b, r * m, twos, m, p);
  }
  for (let i = fours; i < n; i++) for (let j = 0; j < p; j++) c[i * p + j] = product(a, b, i * m, j, m, p);
  return C;
}

/** One entry's sum: a row of a from `row` on, a column of b from `col` on, m products. */
/** @type {(a: Float64Array, b: Float64Array, row: number, col: number, m: number, p: number) => number} */
function product(a, b, row, col, m, p) {
  let total = 0;
  for (let k = 0, q = col; k < m; k++, q += p) total += a[row + k] * b[q];
  return total;
}
