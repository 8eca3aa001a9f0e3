import {requireOneOf} from '../checks.js';
import type {CalibrationAccountant} from '../plan/calibrate.js';
import {deltaOf, epsilonOf, type RunFlags} from './run_flags.js';

/** The privacy that a calibration must reach. @throws RangeError if a flag is missing or out of its bounds. */
export function targetOf(flags: RunFlags): {
  readonly epsilon: number;
  readonly delta: number;
  readonly accountant: CalibrationAccountant;
} {
  const {accountant = 'pld'} = flags;
  requireOneOf('--accountant', accountant, ['pld', 'rdp']);
  return {
    epsilon: epsilonOf(flags),
    delta: deltaOf(flags),
    accountant: accountant === 'rdp' ? 'rdp' : 'pld',
  };
}
