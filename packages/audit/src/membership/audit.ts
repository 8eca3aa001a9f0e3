import {boundOfScores} from '../canaries/guesses.js';
import {canaryCoins} from '../canaries/coins.js';
import {AuditError} from '../errors.js';
import {atMost, type AuditResult} from '../result.js';
import {answersOf, type Answer} from './answers.js';
import {likelihoodRatios} from './lira.js';
import {fitLogistic} from './logistic.js';
import {rocOf, type Roc} from './roc.js';
import type {MembershipSubject, TrainedModel} from './subject.js';

/** Options of `auditMembership`. */
export interface MembershipOptions {
  /** Models that are attacked. Default: 4. */
  readonly targets?: number;
  /** Models that the attacker trains for himself. At least 4. Default: 16. */
  readonly shadows?: number;
  /** The probability with which the lower bound of epsilon is above the true one. Default: 1e-3. */
  readonly falseAlarmRate?: number;
}

/** What attacks on membership found. */
export interface MembershipReport {
  /** One an attack, over all targets. */
  readonly curves: readonly Roc[];
  /** The claim of the targets, the largest epsilon of them. */
  readonly claim: TrainedModel['claim'];
  /** A lower bound of epsilon under its claim. Empty for training that claims nothing. */
  readonly results: readonly AuditResult[];
}

/** A model and the coins that chose its records. */
interface Model extends TrainedModel {
  readonly isMember: readonly boolean[];
  readonly answers: readonly Answer[];
}

/**
 * Attacks the membership of records: trains models on random halves of them, and asks from a model's answers who was in its half. By
 * the loss (threshold; Yeom et al. 2018), by the modified entropy (Song and Mittal 2021), by a logistic regression on both that was
 * fitted to shadow models (Shokri et al. 2017), and by likelihood ratios (LiRA; Carlini et al. 2022), online and offline.
 *
 * A coin decided for each record, so that the right guesses bound epsilon from below (Steinke, Nasr and Jagielski 2023). Shadow
 * models have coins of their own.
 *
 * @throws AuditError for training whose logits are of another size or not finite, and fewer than 4 shadows.
 */
export async function auditMembership(
  subject: MembershipSubject,
  {targets: numTargets = 4, shadows: numShadows = 16, falseAlarmRate = 1e-3}: MembershipOptions = {},
): Promise<MembershipReport> {
  if (numShadows < 4) throw new AuditError(`shadows must be at least 4, got ${numShadows}`);
  const models: Model[] = [];
  for (let m = 0; m < numTargets + numShadows; m++) {
    const isMember = canaryCoins(subject.labels.length);
    const trained = await subject.train(isMember);
    models.push({...trained, isMember, answers: answersOf(trained.logits, subject)});
  }
  const [targets, shadows] = [models.slice(0, numTargets), models.slice(numTargets)];
  const scores = scoresOf(targets, shadows);
  const isIn = targets.flatMap(({isMember}) => isMember);
  const curves = Object.entries(scores).map(([attack, own]) => rocOf(attack, own, isIn));
  const claims = targets.flatMap(({claim}) => claim ?? []);
  const claim =
    claims.length < numTargets ? undefined : claims.reduce((a, b) => (b.epsilon > a.epsilon ? b : a));
  if (claim === undefined) return {curves, claim, results: []};
  const {epsilon, delta} = claim;
  const bounds = Object.entries(scores).map(([attack, own]) => ({
    attack,
    ...boundOfScores({scores: own, isIn}, delta, falseAlarmRate / curves.length),
  }));
  const best = bounds.reduce((a, b) => (b.epsilon > a.epsilon ? b : a));
  const result = atMost({
    name: 'membership: lower bound of epsilon',
    claim: `epsilon is at most ${epsilon.toFixed(3)} at delta ${delta}`,
    measured: best.epsilon,
    bound: epsilon,
    detail: `by ${best.attack}: ${best.right} of ${best.guesses} guesses about ${numTargets} models were right`,
    falseAlarmRate,
  });
  return {curves, claim, results: [result]};
}

/** By attack, what each record of each target scores. */
function scoresOf(targets: readonly Model[], shadows: readonly Model[]): Readonly<Record<string, number[]>> {
  const classify = fitLogistic(
    shadows.flatMap(({answers}) => answers.map(featuresOf)),
    shadows.flatMap(({isMember}) => isMember),
  );
  const known = shadows.map(({answers, isMember}) => ({confidences: confidencesOf(answers), isMember}));
  const ratios = targets.map(({answers}) => likelihoodRatios(confidencesOf(answers), known));
  const answers = targets.flatMap((target) => target.answers);
  return {
    threshold: answers.map(({loss}) => -loss),
    entropy: answers.map(({modifiedEntropy}) => -modifiedEntropy),
    logistic: answers.map((answer) => classify(featuresOf(answer))),
    'LiRA, offline': ratios.flatMap(({offline}) => offline),
    'LiRA, online': ratios.flatMap(({online}) => online),
  };
}

function featuresOf({loss, entropy, modifiedEntropy, confidence}: Answer): number[] {
  return [loss, entropy, modifiedEntropy, confidence];
}

function confidencesOf(answers: readonly Answer[]): number[] {
  return answers.map(({confidence}) => confidence);
}
