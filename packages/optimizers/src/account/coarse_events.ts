/** A Poisson-sampled Gaussian, and how often it occurred. */
export interface SampledGaussian {
  readonly samplingProbability: number;
  readonly noiseMultiplier: number;
  readonly count: number;
}

/** Above this many different events, accounting them one by one takes seconds. */
export const MAX_DIFFERENT_EVENTS = 64;

/**
 * Fewer different events, each at least as costly as those it stands for: noise is rounded down and probability up, to
 * values in geometric progression. Less noise is never more private, since the larger noise is the smaller with more
 * added; nor is a larger probability, since the smaller one's output is a mixture of the larger one's and of the output
 * without the record, and hockey-stick divergences are jointly convex.
 */
export function coarser(events: readonly SampledGaussian[]): SampledGaussian[] {
  const noisy = events.filter(({noiseMultiplier}) => noiseMultiplier > 0);
  const probabilities = new Set(events.map(({samplingProbability}) => samplingProbability));
  const multipliers = new Set(noisy.map(({noiseMultiplier}) => noiseMultiplier));
  const buckets =
    probabilities.size > 1 && multipliers.size > 1 ? MAX_DIFFERENT_EVENTS / 2 : MAX_DIFFERENT_EVENTS;
  const down = floorOn([...multipliers], buckets);
  const inverse = floorOn(
    Array.from(probabilities, (q) => 1 / q),
    buckets,
  );
  const merged = new Map<string, SampledGaussian>();
  for (const {samplingProbability: q, noiseMultiplier: z, count} of events) {
    // The smallest double above 1 / (1 / q) may be below q.
    const up = Math.min(1, Math.max(q, 1 / inverse(1 / q)));
    const event = {samplingProbability: up, noiseMultiplier: z > 0 ? down(z) : 0};
    const key = `${event.samplingProbability} ${event.noiseMultiplier}`;
    merged.set(key, {...event, count: count + (merged.get(key)?.count ?? 0)});
  }
  return [...merged.values()];
}

/** Rounds one of these values down to one of `buckets` values between the least and the largest. */
function floorOn(values: readonly number[], buckets: number): (value: number) => number {
  if (values.length <= buckets) return (value) => value;
  // A schedule of a million steps has as many values: too many to be arguments.
  const least = values.reduce((a, b) => Math.min(a, b));
  const largest = values.reduce((a, b) => Math.max(a, b));
  const ratio = Math.log(largest / least) / (buckets - 1);
  const at = (power: number): number => least * Math.exp(ratio * power);
  return (value) => {
    let power = Math.floor(Math.log(value / least) / ratio);
    while (power > 0 && at(power) > value) power--;
    return power <= 0 ? least : at(power);
  };
}
