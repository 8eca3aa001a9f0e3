import {checkEvent, type DpEvent} from '../event.js';

/**
 * The noise multiplier of the one Gaussian that is equivalent to an event made of Gaussians: releasing the same sum with
 * noise z_1, z_2, ... is worth (sum of z_j^-2)^(-1/2), since the inverse-variance average of the releases is a sufficient
 * statistic. Exact, also when all of them are made from one sampled batch.
 *
 * @returns the noise multiplier: 0 if anything non-private is inside, `Infinity` if nothing is released, `undefined` if
 *   some event inside is not a Gaussian.
 * @throws TypeError or RangeError for what is no event.
 */
export function reduceToGaussian(event: DpEvent): number | undefined {
  checkEvent(event);
  return reduced(event);
}

function reduced(event: DpEvent): number | undefined {
  switch (event.kind) {
    case 'noOp':
      return Infinity;
    case 'nonPrivate':
      return 0;
    case 'gaussian':
      return event.noiseMultiplier;
    case 'selfComposed': {
      const noiseMultiplier = reduced(event.event);
      if (noiseMultiplier === undefined) return undefined;
      return event.count === 0 ? Infinity : noiseMultiplier / Math.sqrt(event.count);
    }
    case 'composed': {
      const noisy: number[] = [];
      for (const part of event.events) {
        const noiseMultiplier = reduced(part);
        if (noiseMultiplier === undefined) return undefined;
        if (noiseMultiplier !== Infinity) noisy.push(noiseMultiplier);
      }
      if (noisy.length < 2) return noisy[0] ?? Infinity;
      return 1 / Math.sqrt(noisy.reduce((sum, z) => sum + 1 / (z * z), 0));
    }
    default:
      return undefined;
  }
}
