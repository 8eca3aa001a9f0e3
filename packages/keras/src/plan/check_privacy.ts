import {DpError} from '@dp/optimizers';

import {shown} from '../args/shown.js';
import {warnOnce} from '../warn_once.js';
import type {PrivacyConfig} from './privacy.js';
import {checkSampling, checkUnit} from './sampling.js';

const FIELDS: Readonly<Record<keyof PrivacyConfig, true>> = {
  numExamples: true,
  delta: true,
  targetEpsilon: true,
  budget: true,
  sampling: true,
  unit: true,
  validation: true,
  plannedEpochs: true,
  ledger: true,
  randomSource: true,
};

/**
 * Checks what `compile` is told of privacy; nothing is ignored.
 *
 * @param given - Of any type: JavaScript has no types.
 * @throws DpError INVALID_OPTION, with name, value, bound and remedy.
 */
export function checkPrivacy(given: unknown): asserts given is PrivacyConfig {
  if (typeof given !== 'object' || given === null) {
    throw new DpError(
      'INVALID_OPTION',
      `compile needs privacy: {numExamples, delta}, with what is declared of the training data, got ${shown(given)}`,
    );
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(FIELDS, name));
  if (unknown !== undefined) {
    throw new DpError(
      'INVALID_OPTION',
      `privacy has no field '${unknown}'; it has ${Object.keys(FIELDS).join(', ')}`,
    );
  }
  checkFields(given as PrivacyConfig);
}

function checkFields(privacy: PrivacyConfig): void {
  const {numExamples, delta, targetEpsilon, budget, plannedEpochs, validation, sampling, unit} = privacy;
  check('numExamples', numExamples, isSize(numExamples), 'an integer >= 1');
  check('delta', delta, Number.isFinite(delta) && delta > 0 && delta < 1, 'in (0, 1)');
  checkEpsilon('targetEpsilon', targetEpsilon);
  checkEpsilon('budget', budget);
  if (targetEpsilon !== undefined && budget !== undefined && budget < targetEpsilon) {
    throw new DpError(
      'INVALID_OPTION',
      `privacy.budget must be at least targetEpsilon (${targetEpsilon}), got ${budget}; leave it out, and the target is the budget`,
    );
  }
  if (plannedEpochs !== undefined)
    check('plannedEpochs', plannedEpochs, isSize(plannedEpochs), 'an integer >= 1');
  if (validation !== undefined)
    check('validation', validation, ['public', 'disjoint'].includes(validation), "'public' or 'disjoint'");
  if (sampling !== undefined) checkSampling(sampling);
  if (unit !== undefined) checkUnit(unit);
  if (delta * numExamples >= 1) {
    warnOnce(
      'delta',
      `privacy.delta is ${delta}, and there are ${numExamples} records: publishing one of them as it is would be allowed. ` +
        `Choose a delta well below ${1 / numExamples}.`,
    );
  }
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

function checkEpsilon(name: string, value: number | undefined): void {
  if (value !== undefined) check(name, value, Number.isFinite(value) && value > 0, 'a finite number > 0');
}

function check(name: string, value: unknown, fits: boolean, bound: string): void {
  if (!fits) throw new DpError('INVALID_OPTION', `privacy.${name} must be ${bound}, got ${shown(value)}`);
}
