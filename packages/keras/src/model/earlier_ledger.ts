import type {LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, type Ledger} from '@dp/optimizers';

const LEDGERS = new WeakMap<LayersModel, Ledger>();

/** Notes what a model's training is recorded in. */
export function recordsIn(model: LayersModel, ledger: Ledger): void {
  LEDGERS.set(model, ledger);
}

/** The ledger that the weights of a model were trained with before; undefined if nothing was released. */
export function earlierLedger(model: LayersModel): Ledger | undefined {
  const ledger = LEDGERS.get(model);
  return ledger === undefined || ledger.rows.length === 0 ? undefined : ledger;
}

/**
 * Refuses to begin a ledger for weights that have one: what they were made of would be forgotten.
 *
 * @throws DpError LEDGER_MISSING.
 */
export function checkGoesOn(model: LayersModel, ledger: Ledger): void {
  const earlier = earlierLedger(model);
  if (earlier === undefined) return;
  if (ledger.id === earlier.id && ledger.rows.length >= earlier.rows.length) return;
  throw new DpError(
    'LEDGER_MISSING',
    `the weights of this model are made of ${earlier.rows.length} releases in ledger '${earlier.id}', which another ledger would forget: ` +
      "go on in that one, by the option ledger: model.ledger; or make a new model. For other people's data, load the weights into a new one",
  );
}
