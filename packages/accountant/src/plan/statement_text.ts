import type {DpSgdRun} from './dp_sgd.js';
import {atMost, deltaText} from './figures.js';
import type {Guarantee, LevelOfPrivacy} from './level_of_privacy.js';

/** The numbers of a privacy statement. */
export interface StatedNumbers {
  /** The run, with defaults filled in, and B / N. */
  readonly run: Required<DpSgdRun> & {readonly samplingProbability: number};
  /** The delta of all epsilons here. */
  readonly delta: number;
  /** For one example. */
  readonly example: LevelOfPrivacy;
  /** For one user with `maxExamplesPerUser` examples; `null` if that was not given. */
  readonly user: LevelOfPrivacy | null;
}

const COLUMNS = [34, 10, 10, 10, 0] as const;

/** A privacy statement in words. */
export function statementText(stated: StatedNumbers): string {
  const {run, delta, example, user} = stated;
  const microbatches = run.microbatchSize > 1;
  const lines = [
    `Privacy of a DP-SGD training run, as epsilon at delta = ${deltaText(delta)}`,
    `  ${run.numExamples} examples, batches of ${run.batchSize}, noise multiplier ${run.noiseMultiplier}, ${run.epochs} epochs (${run.steps} steps)`,
    ...(microbatches
      ? [
          `  clipped means of ${run.microbatchSize} examples: one example can move such a mean by twice the clipping norm, so`,
          '  that the noise counts half. Poisson sampling has no guarantee then.',
        ]
      : []),
    '',
    'If one example is to be protected:',
    ...table(example),
    ...(user === null
      ? []
      : [
          '',
          `If all examples of one user, of at most ${user.records}, are to be protected together:`,
          ...table(user),
        ]),
    '',
    'Which line holds is decided by how the batches were made, not by choice:',
    '- Once per epoch: each example is in at most one batch of each epoch, whatever the order. Neighbouring data sets differ',
    '  by records whose gradients are zeroed out; where they are replaced by others, read the last column.',
    '- Poisson-sampled: each example joins each batch by an independent secret coin, so that the size of batches varies.',
    '  Neighbouring data sets differ by added or removed records.',
    '- Shuffled: accounting for Poisson sampling is NOT valid for shuffled batches. It is often printed for them; what is',
    '  proved is the value of once per epoch.',
    '- Unknown: without a promise of how often an example takes part, it may be in every batch.',
    'tight: an upper bound by privacy loss distributions, the number to report. improved, classic: looser upper bounds by',
    'Renyi divergences for the same run; classic is what older publications print.',
    ...(user === null
      ? [
          'All of this protects single examples. Someone who owns several is protected less: give the most examples per user.',
        ]
      : [
          'The values for users hold only if no user has more examples than the cap, by user ids that were checked.',
        ]),
  ];
  return lines.join('\n');
}

function table({oncePerEpoch, poisson, shuffled, unknown}: LevelOfPrivacy): string[] {
  return [
    row(['batches', 'tight', 'improved', 'classic', 'tight, if a record is replaced']),
    row(['each example once per epoch', ...values(oncePerEpoch)]),
    row(
      poisson === null
        ? ['Poisson-sampled', 'no guarantee with microbatches']
        : ['Poisson-sampled', ...values(poisson)],
    ),
    row(['shuffled (not as Poisson)', ...values(shuffled)]),
    row(['participation unknown', ...values(unknown)]),
  ];
}

function values({tight, improved, classic, replaceOne}: Guarantee): string[] {
  return [
    ...[tight.upper, improved.epsilon, classic.epsilon].map(atMost),
    replaceOne === null ? 'no bound known' : atMost(replaceOne.upper),
  ];
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(COLUMNS[0]) : cell.padEnd(COLUMNS[i] ?? 0)));
  return `  ${padded.join('')}`.trimEnd();
}
