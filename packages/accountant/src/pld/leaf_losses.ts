import type {LeafEvent} from '../leaf_event.js';
import type {NeighbouringRelation} from '../neighbours.js';
import {treeDepth} from '../plan/tree_depth.js';
import {gaussianMixtureLoss} from './gaussian_mixture_loss.js';
import type {LossPair} from './loss_pair.js';
import type {LossAtom, PrivacyLoss} from './privacy_loss.js';

/** Beyond this many standard deviations a discrete Gaussian has no mass that a double can hold. */
const REACH = 39;

/** The privacy losses of an event without events inside; or the noise multiplier of the Gaussian that it is worth. */
export function leafLosses(event: LeafEvent, relation: NeighbouringRelation): LossPair | number {
  const times = relation === 'replaceOne' ? 2 : 1;
  switch (event.kind) {
    case 'laplace':
      return symmetric(laplaceLoss(event.noiseMultiplier / times));
    case 'discreteLaplace':
      return symmetric(discreteLaplaceLoss(event.parameter, event.sensitivity * times));
    case 'discreteGaussian':
      return symmetric(discreteGaussianLoss(event.sigma, event.sensitivity * times));
    case 'randomizedResponse':
      return responseLosses(event.noiseParameter, event.numBuckets, relation);
    case 'epsilonDelta':
      return {...symmetric(epsilonDeltaLoss(event.epsilon, event.delta)), attained: false};
    case 'mixtureOfGaussians': {
      const {standardDeviation: z, sensitivities: means, probabilities} = event;
      if (means.length > MAX_COMPONENTS) {
        throw new RangeError(
          `mixtureOfGaussians: sensitivities must be at most ${MAX_COMPONENTS} for PldAccountant, got ${means.length}; cap records per user at fewer`,
        );
      }
      if (means.every((mean) => mean === 0)) return Infinity;
      const mixture = {means, probabilities};
      return {
        losses: {
          remove: gaussianMixtureLoss(mixture, z, 'remove'),
          add: gaussianMixtureLoss(mixture, z, 'add'),
        },
        attained: true,
      };
    }
    case 'exponentialMechanism': {
      const epsilon = event.epsilon * times;
      return epsilon === 0 ? Infinity : {...symmetric(boundedRangeLoss(epsilon)), attained: false};
    }
    case 'permuteAndFlip':
      return {...symmetric(epsilonDeltaLoss(event.epsilon * times, 0)), attained: false};
    case 'singleEpochTreeAggregation':
      return event.noiseMultiplier / (times * Math.sqrt(treeDepth(event.stepCounts)));
    default:
      throw new Error(`${event.kind} was not refused`);
  }
}

function symmetric(loss: PrivacyLoss): LossPair {
  return {losses: {remove: loss, add: loss}, attained: true};
}

/** L = (|x - 1| - |x|) / b: flat outside of (0, 1). The outcome is mirrored, so that the loss rises with it. */
function laplaceLoss(b: number): PrivacyLoss {
  const bound = 1 / b;
  return {
    atoms: [
      {loss: -bound, mass: Math.exp(-bound) / 2},
      {loss: bound, mass: 0.5},
    ],
    densities: [
      {
        loss: (x) => (1 + 2 * x) / b,
        density: (x) => Math.exp(x / b) / (2 * b),
        position: (loss) => (loss * b - 1) / 2,
        largest: bound,
        roughness: () => 2 / b + 1,
        below: () => 0,
        above: () => 0,
        range: () => [-1, 0],
      },
    ],
    infinite: 0,
    lattice: bound,
  };
}

/** Most Gaussians in a mixture: every evaluation of its loss adds them up. */
const MAX_COMPONENTS = 10_000;

/** Most outcomes of a discrete mechanism that are held in memory. */
const MAX_OUTCOMES = 2 ** 17;

function discreteLaplaceLoss(a: number, sensitivity: number): PrivacyLoss {
  if (sensitivity > MAX_OUTCOMES) {
    throw new RangeError(
      `discreteLaplace: sensitivity must be at most 2^17 for PldAccountant (2^16 where records are replaced), got ${sensitivity}; epsilonDelta({epsilon: parameter * sensitivity, delta: 0}) bounds it`,
    );
  }
  const top = 1 / (1 + Math.exp(-a));
  const scale = Math.tanh(a / 2);
  const atoms: LossAtom[] = [
    {loss: a * sensitivity, mass: top},
    {loss: -a * sensitivity, mass: top * Math.exp(-a * sensitivity)},
  ];
  for (let x = 1; x < sensitivity; x++) {
    atoms.push({loss: a * (sensitivity - 2 * x), mass: scale * Math.exp(-a * x)});
  }
  return {atoms, densities: [], infinite: 0, lattice: a};
}

function discreteGaussianLoss(sigma: number, sensitivity: number): PrivacyLoss {
  const reach = Math.ceil(REACH * sigma);
  if (2 * reach >= MAX_OUTCOMES) {
    throw new RangeError(
      `discreteGaussian: sigma must be below ${Math.floor(MAX_OUTCOMES / 2 / REACH)} for PldAccountant, got ${sigma}; zCDP({rho: sensitivity ** 2 / (2 * sigma ** 2)}) with RdpAccountant bounds it`,
    );
  }
  const weight = (x: number): number => Math.exp(-(x * x) / (2 * sigma * sigma));
  let total = 1;
  for (let x = reach; x > 0; x--) total += 2 * weight(x);
  const lattice = sensitivity / (2 * sigma * sigma);
  const atoms = Array.from({length: 2 * reach + 1}, (_, i) => ({
    loss: lattice * (sensitivity - 2 * (i - reach)),
    mass: weight(i - reach) / total,
  }));
  return {atoms: atoms.filter(({mass}) => mass > 0), densities: [], infinite: 0, lattice};
}

function responseLosses(
  noiseParameter: number,
  numBuckets: number,
  relation: NeighbouringRelation,
): LossPair {
  const other = noiseParameter / numBuckets;
  const own = 1 - noiseParameter + other;
  const uniform = 1 / numBuckets;
  if (relation === 'replaceOne') {
    const loss = Math.log(own / other);
    const atoms = [
      {loss, mass: own},
      {loss: -loss, mass: other},
    ];
    if (numBuckets > 2) atoms.push({loss: 0, mass: (numBuckets - 2) * other});
    return symmetric({atoms, densities: [], infinite: 0, lattice: loss});
  }
  const up = Math.log(own / uniform);
  const down = Math.log(other / uniform);
  const rest = numBuckets - 1;
  return {
    losses: {
      remove: {
        atoms: [
          {loss: up, mass: own},
          {loss: down, mass: rest * other},
        ],
        densities: [],
        infinite: 0,
      },
      add: {
        atoms: [
          {loss: -up, mass: uniform},
          {loss: -down, mass: rest * uniform},
        ],
        densities: [],
        infinite: 0,
      },
    },
    attained: true,
  };
}

/**
 * The losses of a mechanism lie in [t - epsilon, t] for some t, so that a binary pair with the losses t and t - epsilon
 * dominates (Dong, Durfee and Rogers 2020, "Optimal Differential Privacy Composition for Exponential Mechanisms"). The largest
 * hockey-stick divergence of these over t, (e^(epsilon / 2) - e^(s / 2))^2 / (e^epsilon - 1) at |s| <= epsilon, is that of a
 * loss of density e^(l / 2) / (4 sinh(epsilon / 2)).
 */
function boundedRangeLoss(epsilon: number): PrivacyLoss {
  const scale = -1 / (2 * Math.expm1(-epsilon));
  return {
    atoms: [],
    densities: [
      {
        loss: (x) => x,
        density: (x) => scale * Math.exp((x - epsilon) / 2),
        position: (loss) => loss,
        largest: epsilon,
        roughness: () => 2,
        below: () => 0,
        above: () => 0,
        range: () => [-epsilon, epsilon],
      },
    ],
    infinite: 0,
  };
}

/** Every (epsilon, delta)-private mechanism is dominated by this one (Kairouz, Oh and Viswanath 2015). */
function epsilonDeltaLoss(epsilon: number, delta: number): PrivacyLoss {
  const up = (1 - delta) / (1 + Math.exp(-epsilon));
  const down = (1 - delta) / (1 + Math.exp(epsilon));
  return {
    atoms: [
      {loss: epsilon, mass: up},
      {loss: -epsilon, mass: down},
    ],
    densities: [],
    infinite: delta,
    lattice: epsilon,
  };
}
