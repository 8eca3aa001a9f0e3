import {requireDelta} from '../checks.js';
import {checkRun, type DpSgdRun, numberOfSteps} from './dp_sgd.js';
import {levelOf, type Question} from './level_of_privacy.js';
import {type StatedNumbers, statementText} from './statement_text.js';

/** What one DP-SGD training run costs: numbers and words. */
export interface DpSgdPrivacyStatement extends StatedNumbers {
  /** All of this in words, lines of text. */
  readonly text: string;
}

/** Options of {@link dpSgdPrivacyStatement}. */
export interface StatementOptions extends DpSgdRun {
  /** In (0, 1). */
  readonly delta: number;
  /** Renyi orders of the looser values. Default: as those of {@link RdpAccountant}. */
  readonly orders?: readonly number[];
  /** Relative width of the tight bounds. Default: 1e-3. */
  readonly tolerance?: number;
}

/**
 * States the privacy of one DP-SGD training run under each way of making batches, side by side, for one example and, if
 * `maxExamplesPerUser` is given, for all examples of one user.
 *
 * Every number is an upper bound (or an interval with one), provided that batches were made in that way, that each example's
 * gradient, or each microbatch's mean, was clipped, and that the cap on a user's examples was enforced.
 *
 * @throws RangeError for a bad or contradictory number.
 *
 * @example
 * const run = {numExamples: 60000, batchSize: 256, noiseMultiplier: 1.1, epochs: 60};
 * dpSgdPrivacyStatement({...run, delta: 1e-5}).example.poisson?.tight.upper; // 2.38
 */
export function dpSgdPrivacyStatement(options: StatementOptions): DpSgdPrivacyStatement {
  const {delta, orders, tolerance = 1e-3, ...run} = options;
  checkRun(run);
  requireDelta('delta', delta);
  const {microbatchSize = 1, maxExamplesPerUser} = run;
  const steps = numberOfSteps(run);
  const ask: Question = {delta, orders, tolerance};
  const example = levelOf({...run, maxExamplesPerUser: 1}, ask);
  const stated = {
    run: {
      ...run,
      steps,
      microbatchSize,
      maxExamplesPerUser: maxExamplesPerUser ?? 1,
      samplingProbability: run.batchSize / run.numExamples,
    },
    delta,
    example,
    user: maxExamplesPerUser === undefined ? null : levelOf(run, ask),
  };
  return {...stated, text: statementText(stated)};
}
