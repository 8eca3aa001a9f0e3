import {logErfc} from '../../math/log_erfc.js';

/**
 * RDP of the Poisson-subsampled Gaussian at a fractional order by the series of Mironov, Talwar and Zhang 2019,
 * section 3.3, with its signs: an independent way to the value of `sampledGaussianRdp`, good where q and z are moderate.
 */
export function signedSeriesRdp(q: number, z: number, order: number, terms: number): number {
  const kink = z * z * Math.log((1 - q) / q) + 0.5;
  let moment = 0;
  let binomial = 1;
  for (let i = 0; i < terms; i++) {
    const j = order - i;
    const below = Math.log(q) * i + Math.log1p(-q) * j + (i * i - i) / (2 * z * z);
    const above = Math.log(q) * j + Math.log1p(-q) * i + (j * j - j) / (2 * z * z);
    const belowKink = logErfc((i - kink) / (Math.SQRT2 * z));
    const aboveKink = logErfc((kink - j) / (Math.SQRT2 * z));
    moment += (binomial / 2) * (Math.exp(below + belowKink) + Math.exp(above + aboveKink));
    binomial *= (order - i) / (i + 1);
  }
  return Math.log(moment) / (order - 1);
}
