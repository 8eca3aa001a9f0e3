import {expect, test} from '@jest/globals';
import {gaussian, poissonSampled} from '../event.js';
import {PldAccountant} from './accountant.js';
import {gaussianMixtureLoss} from './gaussian_mixture_loss.js';
import {pldSpectrum} from './spectrum.js';
import {planForDelta} from './tilt.js';

// test/golden/make_pld_composed.py: q, z, steps, epsilon, delta in the remove direction; 60 digits, three steps at 16.
test.each([
  [0.1, 1.0, 2, 0.1, 0.03333981362544533],
  [0.1, 1.0, 2, 1.0, 0.0005141604293965029],
  [0.1, 1.0, 2, 2.0, 6.944861264848253e-6],
  [0.01, 0.7, 2, 0.1, 0.0014376756687161328],
  [0.01, 0.7, 2, 1.0, 1.1466542305466679e-5],
  [0.5, 2.0, 2, 0.1, 0.10374111369319501],
  [0.5, 2.0, 2, 1.0, 0.0020439051900400544],
  [0.2, 1.0, 3, 0.5, 0.04174637813952996],
  [0.2, 1.0, 3, 2.0, 0.0006220143242849597],
])(
  'q = %d, z = %d, %d steps: the bounds hold delta(%d) = %d',
  (samplingProbability, z, steps, epsilon, truth) => {
    const event = poissonSampled({samplingProbability, event: gaussian({noiseMultiplier: z})});
    const accountant = new PldAccountant({tolerance: 1e-4}).compose(event, steps);
    const {lower, upper} = accountant.delta(epsilon, {direction: 'remove'});
    expect(lower).toBeLessThanOrEqual(truth);
    expect(upper).toBeGreaterThanOrEqual(truth);
    expect(upper - lower).toBeLessThanOrEqual(1e-4 * truth);
    const found = accountant.epsilon(truth, {direction: 'remove'});
    expect(found.lower).toBeLessThanOrEqual(epsilon);
    expect(found.upper).toBeGreaterThanOrEqual(epsilon);
    // delta_add(-epsilon) = 1 - e^-epsilon (1 - delta_remove(epsilon)).
    const mirrored = 1 - Math.exp(-epsilon) * (1 - truth);
    const add = accountant.delta(-epsilon, {direction: 'add'});
    expect(add.lower).toBeLessThanOrEqual(mirrored * (1 + 1e-15));
    expect(add.upper).toBeGreaterThanOrEqual(mirrored * (1 - 1e-15));
  },
);

test('half and double the window agree: what wraps around is paid for', () => {
  const mixture = {means: [0, 1], probabilities: [0.99, 0.01]};
  for (const direction of ['remove', 'add'] as const) {
    const terms = [{loss: gaussianMixtureLoss(mixture, 1, direction), count: 1000}];
    const plan = planForDelta(terms, Math.log(1e-6));
    const size = 2 ** 14;
    const [half, whole, double] = [0.5, 1, 2].map((factor) => {
      const window = factor * plan.window;
      const {upper, lower, truncated} = pldSpectrum(terms, {...plan, window}, factor * size, 1e-3);
      const {epsilon} = plan;
      return {lower: Math.exp(lower(epsilon)), upper: Math.exp(upper(epsilon)) + truncated};
    });
    for (const a of [half!, whole!, double!]) {
      for (const b of [half!, whole!, double!]) expect(a.lower).toBeLessThanOrEqual(b.upper);
    }
    expect(double!.upper / whole!.upper).toBeLessThan(1 + 1e-4);
    expect(double!.upper / whole!.upper).toBeGreaterThan(1 - 1e-4);
    expect(double!.upper - double!.lower).toBeLessThan(0.01 * double!.upper);
  }
});
