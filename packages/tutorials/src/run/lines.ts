import type {PrivacySpent} from '@dp/optimizers';

import type {TutorialFlags} from './flags.js';

/** What a run is about, for the lines that it prints. All of it is public. */
export interface RunFacts {
  readonly numExamples: number;
  readonly stepsPerEpoch: number;
  readonly noiseMultiplier: number;
  /** What one record is: whose presence the guarantee is about. */
  readonly unit: string;
  /** What private gradients are given to, or plain ones. */
  readonly optimizer: 'SGD' | 'Adam';
}

/** Printed before training: how it is made private, and what is guaranteed to whom. */
export function headLines(flags: TutorialFlags, facts: RunFacts): string[] {
  if (!flags.dpsgd) return [plain(facts), 'Guarantee: none.'];
  const {batchSize, sampling, microbatches, l2NormClip, targetEpsilon, epochs, seed} = flags;
  const {noiseMultiplier, stepsPerEpoch, unit} = facts;
  const groups = microbatches === batchSize ? '' : ` in ${microbatches} microbatches`;
  return [
    ...(targetEpsilon === undefined
      ? []
      : [
          `Noise multiplier ${noiseMultiplier.toPrecision(4)} keeps ${epochs} epochs at epsilon ${targetEpsilon} or less.`,
        ]),
    `DP-${facts.optimizer}: clip ${l2NormClip}, noise multiplier ${Number(noiseMultiplier.toPrecision(6))}, ${stepsPerEpoch} steps an epoch, ` +
      (sampling === 'poisson'
        ? `Poisson-sampled batches of ${batchSize} expected examples.`
        : `shuffled batches of ${batchSize}${groups}.`),
    guarantee(flags, facts),
    ...(seed === undefined
      ? []
      : [`Seed ${seed}: the noise is predictable, so this run protects nobody. For tests only.`]),
    ...(noiseMultiplier === 0 ? [`Noise multiplier 0: this run is not private, for no ${unit}.`] : []),
  ];
}

/** The guarantee in one sentence. */
export function guarantee(
  {dpsgd, sampling, seed}: TutorialFlags,
  {noiseMultiplier, unit, numExamples}: RunFacts,
): string {
  if (!dpsgd || noiseMultiplier === 0 || seed !== undefined) return 'Guarantee: none.';
  const change = sampling === 'poisson' ? 'is added or removed' : 'is blanked out';
  return (
    `Guarantee: all weights of all steps are (epsilon, delta)-differentially private when one ${unit} of the ` +
    `${numExamples} ${change}. The test data has none.`
  );
}

/** Printed after an epoch: what everything so far has spent. */
export function spentLines(spent: PrivacySpent | undefined, delta: number, facts: RunFacts): string[] {
  if (spent === undefined) return [plain(facts)];
  if (spent.epsilon === Infinity) return ['Trained without noise: no epsilon holds.'];
  return [
    `For delta=${deltaText(delta)}, the current epsilon is: ${spent.epsilonClassic.toFixed(2)}`,
    `  tighter, for the same run: ${spent.epsilon.toFixed(2)} (by privacy loss distributions; the line above is by Renyi divergences, as the original tutorial printed)`,
    ...(spent.ifPoissonSampled === undefined
      ? []
      : [
          `  ${spent.ifPoissonSampled.toFixed(2)} would hold if batches were Poisson-sampled; it is not valid for this run, in which each example takes part once per epoch`,
        ]),
  ];
}

/** 1e-5 rather than 0.00001. */
export function deltaText(delta: number): string {
  return delta < 1e-3 ? delta.toExponential() : String(delta);
}

function plain({optimizer}: RunFacts): string {
  return `Trained with vanilla non-private ${optimizer} optimizer`;
}
