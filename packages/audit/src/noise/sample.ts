import type {Residuals} from './residuals.js';

/** Draws of one variable that a step may give at most: larger variables are read at even distances. */
const MAX_PER_VARIABLE = 20_000;

/** The draws that pass a filter, over all steps and variables. */
export function drawsOf(
  steps: readonly Residuals[],
  {kind, variable, untouched}: {kind?: Residuals['kind']; variable?: number; untouched?: true} = {},
): Float64Array {
  const draws: number[] = [];
  for (const step of steps) {
    if (kind !== undefined && step.kind !== kind) continue;
    step.values.forEach((values, v) => {
      if (variable !== undefined && v !== variable) return;
      const stride = Math.ceil(values.length / MAX_PER_VARIABLE);
      for (let i = 0; i < values.length; i += stride) {
        if (untouched === undefined || step.untouched[v]?.[i] === 1) draws.push(values[i] as number);
      }
    });
  }
  return Float64Array.from(draws);
}

/** All draws of one step in a row. */
export function flat({values}: Residuals): Float64Array {
  const all = new Float64Array(values.reduce((total, {length}) => total + length, 0));
  let at = 0;
  for (const own of values) {
    all.set(own, at);
    at += own.length;
  }
  return all;
}

export function meanSquare(draws: Float64Array): number {
  let sum = 0;
  for (const draw of draws) sum += draw * draw;
  return sum / draws.length;
}
