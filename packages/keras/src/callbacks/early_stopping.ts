import {EarlyStopping} from '@tensorflow/tfjs-layers';

import {isCovered, PRIVATE_ACCURACY} from '../args/covered.js';
import type {TrainingPlan} from '../plan/plan.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {warnOnce} from '../warn_once.js';

/** Warns of early stopping that looks at what no epsilon covers (privacy rule 19): when training ended would tell of it. */
export function flagEarlyStopping(callbacks: readonly object[], {validation}: PrivacyConfig): void {
  for (const monitor of monitors(callbacks)) {
    const isPublic = validation === 'public' && monitor.startsWith('val_');
    if (isPublic || isCovered(monitor)) continue;
    warnOnce(
      `early stopping by ${monitor}`,
      `earlyStopping looks at '${monitor}', which comes straight from the examples: no epsilon covers it, nor when training stops by it. ` +
        "Monitor 'val_private_acc', which privateValidation: {countNoise} releases; or, if the validation examples are of people who need no protection, say privacy.validation: 'public'.",
    );
  }
}

/**
 * Says what may be claimed of a run that was stopped early by a noisy accuracy: what was released chose when to stop, so that the
 * planned run's guarantee holds, and the epsilon at that time is no bound (privacy rule 7).
 *
 * @param remaining - Steps that were planned and not taken.
 */
export function flagStopped(callbacks: readonly object[], plan: TrainingPlan, remaining: number): void {
  if (!monitors(callbacks).includes(PRIVATE_ACCURACY)) return;
  const {epsilon, delta} = plan.spent();
  const planned = plan.epsilonAfter(remaining);
  warnOnce(
    `stopped at ${planned}`,
    `'${PRIVATE_ACCURACY}' has stopped training early. State the epsilon of all planned steps, ${planned.toPrecision(4)} at delta ${delta}: ` +
      `when to stop was chosen by what was released, so that the ${epsilon.toPrecision(4)} of the steps taken is no bound.`,
  );
}

function monitors(callbacks: readonly object[]): string[] {
  return callbacks
    .filter((callback) => callback instanceof EarlyStopping)
    .map((callback) => (callback as unknown as {readonly monitor: string}).monitor);
}
