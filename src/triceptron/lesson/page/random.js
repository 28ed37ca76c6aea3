// The generator of NumPy's RandomState (MT19937), so that a seed starts the page where it starts Python.
//
// M. Matsumoto, T. Nishimura: Mersenne Twister. ACM TOMACS 8 (1998). G. Marsaglia's polar method for normals.

import { Matrix } from "./matrix.js";

const N = 624;
const M = 397;

export class RandomState {
  /** @param {number} seed from 0 to 2**32 - 1 */
  constructor(seed) {
    this.words = new Uint32Array(N);
    this.words[0] = seed;
    for (let i = 1; i < N; i++) {
      const before = this.words[i - 1];
      this.words[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
    }
    this.next = N;
    /** @type {number | null} the second of each pair of normals, kept for the next call */
    this.kept = null;
  }

  /** 32 random bits. */
  word() {
    if (this.next === N) this.renew();
    let y = this.words[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  renew() {
    const { words } = this;
    for (let i = 0; i < N; i++) {
      const y = (words[i] & 0x80000000) | (words[(i + 1) % N] & 0x7fffffff);
      words[i] = words[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  /** Evenly from [0, 1), with 53 random bits. */
  uniform() {
    const [high, low] = [this.word() >>> 5, this.word() >>> 6];
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** From N(0, 1). */
  gauss() {
    if (this.kept !== null) {
      const kept = this.kept;
      this.kept = null;
      return kept;
    }
    let x, y, r2;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      r2 = x * x + y * y;
    } while (r2 >= 1 || r2 === 0);
    const f = Math.sqrt((-2 * Math.log(r2)) / r2);
    this.kept = f * x;
    return f * y;
  }

  /** @param {number} rows @param {number} cols */
  normal(rows, cols) {
    return new Matrix(rows, cols, Float64Array.from({ length: rows * cols }, () => this.gauss()));
  }

  /** The numbers from 0 to n - 1 in a random order. @param {number} n */
  permutation(n) {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.upTo(i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /** Evenly from 0, 1, …, most. @param {number} most */
  upTo(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    let value;
    do value = (this.word() & mask) >>> 0;
    while (value > most);
    return value;
  }
}
