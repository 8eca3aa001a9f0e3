import {GLYPHS, tracePen} from './digit_strokes.js';
import type {Stroke, StrokePoint} from './digit_strokes.js';

/** Where the painter's chance comes from; a `RandomSource` of `@dp/random` is one. */
export interface WordSource {
  /** Overwrites every word with 32 uniform bits. */
  fill(words: Uint32Array<ArrayBuffer>): void;
}

const SIDE = 28;

/** Draws one random digit after another, each in a handwriting of its own. */
export class DigitPainter {
  readonly #words = new Uint32Array(1024);
  #next = this.#words.length;
  readonly #ink = new Float32Array(SIDE * SIDE);
  readonly #grainWords = new Uint32Array((SIDE * SIDE) / 4);
  readonly #grain = new Uint8Array(this.#grainWords.buffer);
  /** Rounds, and keeps to 0 to 255. */
  readonly #grey = new Uint8ClampedArray(SIDE * SIDE);

  constructor(private readonly source: WordSource) {}

  /**
   * Draws a digit, each of the ten as likely as the others.
   *
   * @param image 784 grey levels to overwrite, 0 (background) to 255, row by row.
   * @returns the digit.
   */
  paint(image: Uint8Array): number {
    const digit = Math.floor(this.#between(0, 10));
    const ways = GLYPHS[digit] ?? [];
    const glyph = ways[Math.floor(this.#between(0, ways.length))] ?? [];
    const radius = this.#between(0.75, 1.6);
    const lines = glyph.map((stroke) => this.#pen(stroke));
    this.#place(lines, this.#between(17, 21) - 2 * radius);
    this.#ink.fill(0);
    for (const line of lines) this.#draw(line, radius);
    this.#develop(image);
    return digit;
  }

  /** The stroke as this hand writes it: x and y of points in turn. */
  #pen(stroke: Stroke): number[] {
    const shaken = stroke.map(([x, y, corner]): StrokePoint => {
      const point = [x + 0.045 * this.#bell(), y + 0.045 * this.#bell()] as const;
      return corner ? [...point, corner] : point;
    });
    const line: number[] = [];
    tracePen(shaken, line);
    return line;
  }

  /** Bends, slants, turns and scales the lines together, so that the larger side of their box is `size` pixels, about the middle. */
  #place(lines: readonly number[][], size: number): void {
    const width = this.#between(0.6, 1.1);
    const slant = -0.1 + 0.24 * this.#bell();
    const turn = 0.12 * this.#bell();
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const bend = [
      0.04 * this.#bell(),
      this.#between(0, 6.28),
      0.04 * this.#bell(),
      this.#between(0, 6.28),
    ] as const;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const line of lines) {
      for (let i = 0; i < line.length; i += 2) {
        const [x0, y0] = [(line[i] as number) - 0.5, (line[i + 1] as number) - 0.5];
        const y1 = y0 + bend[0] * Math.sin(6 * x0 + bend[1]);
        const x1 = width * (x0 + bend[2] * Math.sin(6 * y0 + bend[3])) + slant * y1;
        const x = cos * x1 - sin * y1;
        const y = sin * x1 + cos * y1;
        line[i] = x;
        line[i + 1] = y;
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
    }
    const scale = size / Math.max(right - left, bottom - top);
    const middle = (SIDE - 1) / 2;
    const shiftX = middle + 0.8 * this.#bell() - (scale * (left + right)) / 2;
    const shiftY = middle + 0.8 * this.#bell() - (scale * (top + bottom)) / 2;
    for (const line of lines) {
      for (let i = 0; i < line.length; i += 2) {
        line[i] = scale * (line[i] as number) + shiftX;
        line[i + 1] = scale * (line[i + 1] as number) + shiftY;
      }
    }
  }

  /** Lays down the ink of a pen with a round tip, whose pressure wanders along the line. */
  #draw(line: readonly number[], radius: number): void {
    const [depth, start, pace] = [this.#between(0, 0.2), this.#between(0, 6.28), this.#between(0.1, 0.4)];
    for (let i = 0; i + 3 < line.length; i += 2) {
      const tip = radius * (1 + depth * Math.sin(start + pace * i));
      this.#segment(
        line[i] as number,
        line[i + 1] as number,
        line[i + 2] as number,
        line[i + 3] as number,
        tip,
      );
    }
  }

  /** A straight piece, with an edge one pixel soft: ink = tip + 1/2 - distance, in [0, 1]. */
  #segment(x0: number, y0: number, x1: number, y1: number, tip: number): void {
    const ink = this.#ink;
    const reach = tip + 0.5;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const inverse = 1 / Math.max(dx * dx + dy * dy, 1e-12);
    const lastX = Math.min(SIDE - 1, Math.floor(Math.max(x0, x1) + reach));
    const lastY = Math.min(SIDE - 1, Math.floor(Math.max(y0, y1) + reach));
    const firstX = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
    for (let y = Math.max(0, Math.ceil(Math.min(y0, y1) - reach)); y <= lastY; y++) {
      for (let x = firstX; x <= lastX; x++) {
        const along = ((x - x0) * dx + (y - y0) * dy) * inverse;
        const t = along < 0 ? 0 : along > 1 ? 1 : along;
        const ex = x - x0 - t * dx;
        const ey = y - y0 - t * dy;
        const square = ex * ex + ey * ey;
        if (square >= reach * reach) continue;
        const depth = reach - Math.sqrt(square);
        const at = y * SIDE + x;
        if (depth > (ink[at] as number)) ink[at] = depth < 1 ? depth : 1;
      }
    }
  }

  /** Ink to grey levels, with some grain. */
  #develop(image: Uint8Array): void {
    const level = this.#between(220, 300);
    const coarse = this.#between(0, 16) / 128;
    const [ink, grain, grey] = [this.#ink, this.#grain, this.#grey];
    this.source.fill(this.#grainWords);
    for (let i = 0; i < ink.length; i++) {
      grey[i] = level * (ink[i] as number) + coarse * ((grain[i] as number) - 127.5);
    }
    image.set(grey);
  }

  /** Uniform in [low, high). */
  #between(low: number, high: number): number {
    return low + ((high - low) * this.#word()) / 2 ** 32;
  }

  /** Mean 0, standard deviation 1, never beyond 3: a sum of three uniforms. */
  #bell(): number {
    return 2 * (this.#between(-0.5, 0.5) + this.#between(-0.5, 0.5) + this.#between(-0.5, 0.5));
  }

  #word(): number {
    if (this.#next === this.#words.length) {
      this.source.fill(this.#words);
      this.#next = 0;
    }
    return this.#words[this.#next++] as number;
  }
}
