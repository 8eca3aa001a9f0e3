import type {PrivacySpent} from '@dp/optimizers';

import type {TutorialFlags} from '../run/flags.js';
import type {EpochRecord} from '../run/history.js';
import type {RunFacts} from '../run/lines.js';

/** A run as it may be shown to others: public constants, and figures of test data. */
export interface RunDocument {
  readonly tutorial: string;
  /** What was trained on. */
  readonly data: string;
  readonly flags: TutorialFlags;
  readonly facts: RunFacts;
  readonly guarantee: string;
  readonly records: readonly EpochRecord[];
  readonly spent: PrivacySpent | undefined;
}
