import {EarlyStopping} from '@tensorflow/tfjs-layers';

import {isCovered} from '../args/covered.js';
import type {PrivacyConfig} from '../plan/privacy.js';
import {warnOnce} from '../warn_once.js';

/** Warns of early stopping that looks at what no epsilon covers (privacy rule 19): when training ended would tell of it. */
export function flagEarlyStopping(callbacks: readonly object[], {validation}: PrivacyConfig): void {
  for (const callback of callbacks) {
    if (!(callback instanceof EarlyStopping)) continue;
    // Not public in tf.js's types.
    const {monitor} = callback as unknown as {readonly monitor: string};
    const isPublic = validation === 'public' && monitor.startsWith('val_');
    if (isPublic || isCovered(monitor)) continue;
    warnOnce(
      'early stopping',
      `earlyStopping looks at '${monitor}', which comes straight from the examples: no epsilon covers it, nor when training stops by it. ` +
        "Monitor 'val_private_acc', which privateValidation: {countNoise} releases; or, if the validation examples are of people who need no protection, say privacy.validation: 'public'.",
    );
  }
}
