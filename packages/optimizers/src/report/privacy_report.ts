import type {Ledger} from '../account/ledger.js';
import {noiseSourceText, samplerSourceText} from '../account/random_warnings.js';
import {privacySpent, type PrivacySpent} from '../account/spent.js';
import type {Participation} from '../account/spendings.js';
import {privacyWarnings} from '../account/warnings.js';
import {summarizeReleases, type ReleaseSummary} from './releases.js';
import {
  guaranteeText,
  NOT_COVERED,
  relationText,
  releaseText,
  short,
  unitOf,
  type PrivacyUnit,
} from './words.js';

/** Options of `privacyReport`. Public constants. */
export interface PrivacyReportOptions {
  /** In (0, 1); smaller than one over the number of examples. */
  readonly delta: number;
  /** What is known of batches that the optimizer could only receive, as in a plain `model.fit`. */
  readonly declared?: Participation;
}

/** What may be said of a training run's privacy. It holds public constants only. */
export interface PrivacyReport {
  readonly spent: PrivacySpent;
  /** Whose data the guarantee is about: `'user'` where users were sampled, or their examples capped. */
  readonly unit: PrivacyUnit;
  /** The neighbouring relation in words. */
  readonly relation: string;
  readonly releases: readonly ReleaseSummary[];
  /** What no epsilon covers. */
  readonly notCovered: readonly string[];
  /** What a reader should know before trusting the number. */
  readonly warnings: readonly string[];
  /** The ledger that all of this was read from. */
  readonly ledger: Ledger['position'];
  /** All of this as plain lines. */
  readonly text: string;
  /** All of this as a section of a model card. */
  readonly markdown: string;
}

/**
 * The privacy statement of a training run, read from its ledger: the guarantee with unit, relation, delta and accounting, the
 * mechanisms behind it, and what it does not cover (the items of Ponomareva et al. 2023, "How to DP-fy ML", section 5.3).
 *
 * @param from - A ledger, or an optimizer that has one.
 * @throws DpError as `privacySpent`.
 * @example
 * ```ts
 * writeFileSync('MODEL_CARD.md', privacyReport(optimizer, {delta: 1e-5}).markdown);
 * ```
 */
export function privacyReport(
  from: Ledger | {readonly ledger: Ledger},
  {delta, declared}: PrivacyReportOptions,
): PrivacyReport {
  const ledger = 'ledger' in from ? from.ledger : from;
  const spent = privacySpent(ledger, {delta, ...(declared && {declared})});
  const unit = unitOf(ledger.rows);
  const report = {
    spent,
    unit,
    relation: relationText(spent.neighboring, unit),
    releases: summarizeReleases(ledger.rows),
    notCovered: NOT_COVERED,
    warnings: privacyWarnings(spent, ledger.rows, declared?.numExamples),
    ledger: ledger.position,
  };
  return {...report, text: textOf(report), markdown: markdownOf(report)};
}

type Stated = Omit<PrivacyReport, 'text' | 'markdown'>;

/** Name and value of everything that is stated once. */
function facts({spent, unit, relation, ledger}: Stated): readonly (readonly [string, string])[] {
  const {basis, epsilonClassic, ifPoissonSampled, otherDataSets = {}} = spent;
  return [
    ['Guarantee', `${guaranteeText(spent)} for each ${unit}`],
    ['Neighbouring data sets', relation],
    ['Sampling', basis],
    [
      'By the classic conversion of Renyi divergences',
      `epsilon = ${short(epsilonClassic)}, for comparison with older figures`,
    ],
    ...(ifPoissonSampled === undefined
      ? []
      : [
          [
            'If batches had been Poisson-sampled',
            `epsilon = ${short(ifPoissonSampled)} would hold; it is not valid for this run`,
          ] as const,
        ]),
    ...Object.entries(otherDataSets).map(
      ([name, epsilon]) =>
        [`Data set '${name}'`, `epsilon = ${short(epsilon)} for each of its examples`] as const,
    ),
    [
      'Model of trust',
      'central: the machine that trained saw the examples; weights, all intermediate weights and the ledger may be seen by anybody',
    ],
    ['Source of the noise', noiseSourceText(spent)],
    ['Source of the batches', samplerSourceText(spent)],
    ['Ledger', `${ledger.ledger}, ${ledger.releases} releases, link ${ledger.link}`],
  ];
}

function textOf(report: Stated): string {
  return [
    ...report.warnings.map((warning) => `WARNING: ${warning}`),
    ...facts(report).map(([name, value]) => `${name}: ${value}.`),
    'Releases:',
    ...report.releases.map((summary) => `  - ${releaseText(summary)}.`),
    'Not covered:',
    ...report.notCovered.map((item) => `  - ${item}.`),
  ].join('\n');
}

function markdownOf(report: Stated): string {
  return [
    '## Privacy',
    '',
    ...report.warnings.flatMap((warning) => [`> **Warning.** ${warning}`, '']),
    '| | |',
    '|---|---|',
    ...facts(report).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`),
    '',
    '### What was released',
    '',
    ...report.releases.map((summary) => `- ${releaseText(summary)}`),
    '',
    '### What the guarantee does not cover',
    '',
    ...report.notCovered.map((item) => `- ${item}`),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
