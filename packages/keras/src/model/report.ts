import {DpError, privacyReport as reportOf, type PrivacyReport} from '@dp/optimizers';

import type {DpModel} from './dp_model.js';

/**
 * What may be said of the privacy of a model's training: structured, as text and as a section of a model card. It is read from
 * the ledger, at the delta that was declared, and holds public constants only.
 *
 * @throws DpError UNSUPPORTED before the first `fit`.
 */
export function privacyReport(model: DpModel): PrivacyReport {
  const {delta} = model.privacySpent();
  const {ledger} = model;
  if (ledger === undefined)
    throw new DpError('UNSUPPORTED', 'nothing is trained yet, so that there is nothing to report');
  return reportOf(ledger, {delta});
}
