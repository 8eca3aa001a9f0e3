import type {TutorialFlags} from './flags.js';

/** What has to be the same when a run goes on. */
export type RunSettings = Readonly<Record<string, string | number | boolean | null>>;

/** What must not change when a run goes on. A target epsilon is calibrated for a number of epochs; otherwise more may follow. */
export function settingsOf(tutorial: string, flags: TutorialFlags): RunSettings {
  return {
    tutorial,
    dpsgd: flags.dpsgd,
    learning_rate: flags.learningRate,
    target_epsilon: flags.targetEpsilon ?? null,
    epochs: flags.targetEpsilon === undefined ? null : flags.epochs,
    l2_norm_clip: flags.l2NormClip,
    batch_size: flags.batchSize,
    microbatches: flags.microbatches,
    delta: flags.delta,
    sampling: flags.sampling,
    seed: flags.seed ?? null,
  };
}
