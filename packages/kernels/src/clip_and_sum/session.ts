import {Scope} from '../scope.js';
import type {Workspace} from '../workspace.js';
import {currentWorkspace} from '../current_workspace.js';
import type {PerExampleParameter} from './contribution.js';
import {ParameterSum} from './parameter_sum.js';
import {scaleOf} from './scale.js';
import {validateParameters} from './validate.js';

/**
 * {@link ClipAndSum.measure} is within this relative error of the squared norm of the vector that
 * {@link ClipAndSum.accumulate} adds (before rounding to the grid): divide by 1 + bound to never clip too little.
 *
 * Squares and products of float32 values are exact in float64; sums of fewer than 2^30 of them, taken in chunks
 * of 4,096, err by less than 3e-11, and each of the few products and sums over parameters by 2^-53.
 */
export const SQUARED_NORM_RELATIVE_ERROR = 1e-10;

/** Sums of clipped per-example gradients. Everything that goes in or comes out is sensitive data. */
export interface ClipAndSum {
  /**
   * Forms the gradient of the example with this index, over all parameters, and returns its squared L2 norm in
   * float64. If a coordinate is not finite, or the norm is beyond float32's range, the result is NaN or Infinity:
   * leave such an example out.
   */
  measure(example: number): number;

  /** The same for weight times the sum of several examples' gradients (a microbatch). */
  measureGroup(examples: readonly number[], weight: number): number;

  /**
   * Adds scale * g, rounded to integers coordinate by coordinate (ties to even), for the gradient g last measured. scale is
   * in grid units: clip factor / grid. The sums are integers below 2^53, hence exact, and what is added for an
   * example does not depend on the others. Once for each gradient measured.
   *
   * Guarantee: the norm of what is rounded is at most |scale| |g| (1 + {@link SQUARED_NORM_RELATIVE_ERROR}), and rounding
   * moves a coordinate by at most 1/2. Where |scale| |g| is at most 2^22 the product is taken in float32, a little
   * towards 0 (by less than 2^-20 of it): several times as fast. Else it is taken in float64.
   *
   * @throws if the last measured norm was not finite, or if a sum could reach 2^53.
   */
  accumulate(scale: number): void;

  /** The sums so far in grid units, a copy for each parameter. */
  sums(): Float64Array[];

  /** Gives the memory back. The session is unusable afterwards. */
  dispose(): void;
}

/** Integers are exact in float64 below this. */
const SUM_LIMIT = 2 ** 53;
const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * Opens a session over the contributions of one batch. The tensors must stay alive and unchanged until it is
 * disposed of. On the wasm backend they are read in place, on others copied once; results are bit-equal.
 *
 * Memory: 12 bytes a coordinate (one float32 gradient, the float64 sums), up to 0.3 MiB a parameter for gradients that are
 * added together, and nothing that grows with the batch. A dense weight used once, at a single position, is not even
 * formed: its norm is |x| |dy|. Nor is an embedding used once, of which only the rows that an example looked up are
 * touched. See `explainParameter`.
 *
 * @param parameters Every trainable variable, each with all its uses; sensitive data.
 * @throws if shapes or dtypes disagree, or the backend's memory cannot be used.
 */
export function openClipAndSum(parameters: readonly PerExampleParameter[]): ClipAndSum {
  return openClipAndSumIn(currentWorkspace(), parameters);
}

/** @internal The same in a given workspace. */
export function openClipAndSumIn(
  workspace: Workspace,
  parameters: readonly PerExampleParameter[],
): ClipAndSum {
  const examples = validateParameters(parameters);
  const scope = new Scope(workspace);
  try {
    return new Session(scope, examples, parameters);
  } catch (error) {
    scope.dispose();
    throw error;
  }
}

class Session implements ClipAndSum {
  readonly #scope: Scope;
  readonly #examples: number;
  readonly #parameters: readonly ParameterSum[];
  #norm = NaN;
  #weight = 1;
  #disposed = false;
  /** No sum is larger than this. */
  #largestSum = 0;

  constructor(scope: Scope, examples: number, parameters: readonly PerExampleParameter[]) {
    this.#scope = scope;
    this.#examples = examples;
    this.#parameters = parameters.map((parameter) => new ParameterSum(scope, parameter));
  }

  measure(example: number): number {
    return this.measureGroup([example], 1);
  }

  measureGroup(examples: readonly number[], weight: number): number {
    this.#checkAlive();
    if (!Number.isFinite(weight)) throw new Error(`weight must be finite, got ${weight}`);
    for (const example of examples) {
      if (!Number.isInteger(example) || example < 0 || example >= this.#examples) {
        throw new RangeError(`an example must be the index of a row of the batch, got ${example}`);
      }
    }
    let squaredNorm = 0;
    for (const parameter of this.#parameters) squaredNorm += parameter.measure(examples);
    squaredNorm *= weight * weight;
    // A closed form is finite where a coordinate formed in float32 would have overflowed: one rule for both.
    if (squaredNorm > LARGEST_FLOAT32 ** 2) squaredNorm = Infinity;
    this.#norm = Math.sqrt(squaredNorm);
    this.#weight = weight;
    return squaredNorm;
  }

  accumulate(scale: number): void {
    const norm = Math.abs(scale) * this.#norm;
    if (!Number.isFinite(norm)) {
      throw new RangeError(
        'accumulate needs a finite scale, and a gradient measured before, once, that was finite',
      );
    }
    const largest = this.#largestSum + norm * (1 + SQUARED_NORM_RELATIVE_ERROR) + 1;
    if (largest >= SUM_LIMIT) {
      throw new RangeError(
        'the sums could reach 2^53 grid units, where float64 is no longer exact: use a coarser grid',
      );
    }
    this.#largestSum = largest;
    this.#norm = NaN;
    const scaled = scaleOf(scale * this.#weight, norm);
    for (const parameter of this.#parameters) parameter.accumulate(scaled);
  }

  sums(): Float64Array[] {
    this.#checkAlive();
    return this.#parameters.map((parameter) => parameter.values());
  }

  dispose(): void {
    this.#scope.dispose();
    this.#norm = NaN;
    this.#disposed = true;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new Error('the clip-and-sum session was disposed of: open a new one');
  }
}
