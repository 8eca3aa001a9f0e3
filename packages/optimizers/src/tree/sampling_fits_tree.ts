import type {Sampling} from '../account/sampling.js';
import {DpError} from '../errors.js';

/** Trees need an order of the records that does not depend on chance at every step (privacy rule 20). */
const FITS: {readonly [K in Sampling['kind']]: boolean} = {
  unknown: true,
  poisson: false,
  truncatedPoisson: false,
  poissonUsers: false,
  poissonCappedUsers: false,
  shuffle: true,
  fixed: true,
  stream: true,
  all: false,
};

/** @throws DpError UNSUPPORTED for a sampling that trees have no account for. */
export function checkSamplingFitsTree({kind}: Sampling): void {
  if (FITS[kind]) return;
  throw new DpError(
    'UNSUPPORTED',
    `tree aggregation needs an order of the records that is fixed before an epoch, and ${kind} sampling has none. Use shuffled batches`,
  );
}
