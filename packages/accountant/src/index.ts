// Events: what was released, as data.
export {
  checkEvent,
  composed,
  eventText,
  gaussian,
  noOp,
  nonPrivate,
  poissonSampled,
  repeatAndSelect,
  sampledWithoutReplacement,
  sampledWithReplacement,
  selfComposed,
  type ComposedEvent,
  type DpEvent,
  type GaussianEvent,
  type NoOpEvent,
  type NonPrivateEvent,
  type PoissonSampledEvent,
  type RepeatAndSelectEvent,
  type SampledWithoutReplacementEvent,
  type SampledWithReplacementEvent,
  type SelfComposedEvent,
} from './event.js';
export {
  discreteGaussian,
  discreteLaplace,
  epsilonDelta,
  laplace,
  mixtureOfGaussians,
  randomizedResponse,
  singleEpochTreeAggregation,
  zCDP,
  type DiscreteGaussianEvent,
  type DiscreteLaplaceEvent,
  type EpsilonDeltaEvent,
  type LaplaceEvent,
  type LeafEvent,
  type MixtureOfGaussiansEvent,
  type RandomizedResponseEvent,
  type SingleEpochTreeAggregationEvent,
  type ZCdpEvent,
} from './leaf_event.js';
export {
  exponentialMechanism,
  permuteAndFlip,
  type ExponentialMechanismEvent,
  type PermuteAndFlipEvent,
  type SelectionEvent,
} from './selection_event.js';
export {
  truncatedPoissonSampledGaussian,
  type TruncatedPoissonSampledGaussianEvent,
} from './truncated_event.js';
export {eventFromJson, eventToJson} from './event_json.js';
export {NEIGHBOURING_RELATIONS, type NeighbouringRelation} from './neighbours.js';
export {UnsupportedEventError} from './unsupported_event_error.js';

// Accountants: what it costs.
export {RdpAccountant, type RdpAccountantOptions} from './rdp/accountant.js';
export {type ConversionName, type OptimalEpsilon} from './rdp/convert.js';
export {DEFAULT_ORDERS, TUTORIAL_ORDERS} from './rdp/orders.js';
export {sampledGaussianRdp} from './rdp/sampled_gaussian.js';
export {
  PldAccountant,
  type DirectionOptions,
  type PldAccountantOptions,
  type PrivacyBounds,
} from './pld/accountant.js';
export {type Direction} from './pld/privacy_loss.js';
export {GdpAccountant} from './gdp/accountant.js';
export {gaussianDelta} from './gaussian/delta.js';
export {gaussianEpsilon} from './gaussian/epsilon.js';
export {reduceToGaussian} from './gaussian/reduce.js';

// Plans: a whole training run.
export {dpSgdEvent, type BatchSampling, type DpSgdEventOptions, type DpSgdRun} from './plan/dp_sgd.js';
export {dpSgdPrivacyStatement, type DpSgdPrivacyStatement, type StatementOptions} from './plan/statement.js';
export {type EpsilonInterval, type Guarantee, type LevelOfPrivacy} from './plan/level_of_privacy.js';
export {type StatedNumbers} from './plan/statement_text.js';
export {treeAggregation, type TreeAggregation, type TreeAggregationOptions} from './plan/tree_aggregation.js';
export {analyticGaussian} from './plan/analytic_gaussian.js';
export {
  calibrateBatchSize,
  calibrateNoiseMultiplier,
  calibrateSteps,
  type CalibratedEpsilon,
  type CalibrationAccountant,
  type PrivacyTarget,
} from './plan/calibrate.js';
