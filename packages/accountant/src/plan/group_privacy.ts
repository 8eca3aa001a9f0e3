import {logExpm1} from '../math/log_expm1.js';
import {findRoot} from '../math/root.js';

/** ln of the smallest delta that is tried, near that of the smallest double. */
const LEAST_LOG_DELTA = -690;

/**
 * An epsilon for a group of records from the epsilons of one (Vadhan 2017, "The Complexity of Differential Privacy", Lemma
 * 2.2): if one record costs (epsilon, d), a group of k costs (k epsilon, d (e^(k epsilon) - 1) / (e^epsilon - 1)). Of all d
 * whose second part is at most delta, about the best. An upper bound, and a loose one.
 *
 * @param epsilonAt - an upper bound for one record, by delta.
 * @param size - k >= 2.
 * @returns nats, `Infinity` if no d does, and the d.
 */
export function groupEpsilon(
  epsilonAt: (delta: number) => number,
  size: number,
  delta: number,
): {readonly epsilon: number; readonly delta: number} {
  const excess = (minusLogDelta: number): number => {
    const epsilon = epsilonAt(Math.exp(-minusLogDelta));
    if (epsilon === Infinity) return Infinity;
    const logFactor = epsilon === 0 ? Math.log(size) : logExpm1(size * epsilon) - logExpm1(epsilon);
    return logFactor - minusLogDelta - Math.log(delta);
  };
  if (excess(-LEAST_LOG_DELTA) > 0) return {epsilon: Infinity, delta};
  const {upper} = findRoot(excess, {lower: -Math.log(delta), upper: -LEAST_LOG_DELTA}, 1e-10);
  const recordDelta = Math.exp(-upper);
  return {epsilon: size * epsilonAt(recordDelta), delta: recordDelta};
}
