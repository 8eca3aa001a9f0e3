import {requireNonNegative} from './checks.js';

/**
 * M(D) = r with probability proportional to e^(`epsilon` u(D, r) / 2), |u(D, r) - u(D', r)| <= 1 for every r when one record
 * is added, removed or zeroed out (2 when one is replaced): McSherry and Talwar 2007. It is `epsilon`-private, and its
 * losses span at most `epsilon` (Durfee and Rogers 2019).
 */
export interface ExponentialMechanismEvent {
  readonly kind: 'exponentialMechanism';
  readonly epsilon: number;
}

/**
 * Candidates r in a random order, each accepted with probability e^(`epsilon` (u(D, r) - max u) / 2), scores u as for
 * {@link ExponentialMechanismEvent}; the first accepted one is released (McKenna and Sheldon 2020). It is `epsilon`-private.
 */
export interface PermuteAndFlipEvent {
  readonly kind: 'permuteAndFlip';
  readonly epsilon: number;
}

/** Mechanisms that release the best of several candidates. */
export type SelectionEvent = ExponentialMechanismEvent | PermuteAndFlipEvent;

/** Makes an {@link ExponentialMechanismEvent}. @throws RangeError unless `epsilon` is a finite number >= 0. */
export function exponentialMechanism({epsilon}: {readonly epsilon: number}): ExponentialMechanismEvent {
  return made({kind: 'exponentialMechanism', epsilon});
}

/** Makes a {@link PermuteAndFlipEvent}. @throws RangeError unless `epsilon` is a finite number >= 0. */
export function permuteAndFlip({epsilon}: {readonly epsilon: number}): PermuteAndFlipEvent {
  return made({kind: 'permuteAndFlip', epsilon});
}

/** Checks the parameter, also of an event that no factory has made. */
export function checkSelectionEvent({kind, epsilon}: SelectionEvent): void {
  requireNonNegative(`${kind}: epsilon`, epsilon);
}

function made<E extends SelectionEvent>(event: E): E {
  checkSelectionEvent(event);
  return Object.freeze(event);
}
