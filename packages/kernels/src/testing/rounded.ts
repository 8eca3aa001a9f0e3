import type {PerExampleParameter} from '../clip_and_sum/contribution.js';
import {explainParameter} from '../clip_and_sum/cost.js';
import {referenceGradient, roundTiesToEven} from './reference.js';

/**
 * The integers that a session adds for the sum of some examples' gradients, by nothing but loops and the arithmetic that it
 * promises: float32 where the whole scaled norm is at most 2^22, float64 beyond. For values whose sums float32 holds.
 */
export function roundedGradient(
  parameter: PerExampleParameter,
  examples: readonly number[],
  factor: number,
  scaledNorm: number,
): Float64Array {
  const gradient = new Float64Array(parameter.size);
  for (const example of examples)
    referenceGradient(parameter, example).forEach((v, j) => (gradient[j]! += v));
  const {strategy} = explainParameter(parameter);
  const [contribution] = parameter.contributions;
  if (scaledNorm > 2 ** 22 || Math.abs(factor) < 2 ** -100 || strategy === 'rows')
    return gradient.map((v) => roundTiesToEven(factor * v));
  const small = Math.fround(factor * (1 - 2 ** -22));
  if (strategy !== 'outer' || contribution?.kind !== 'dense' || examples.length !== 1)
    return gradient.map((v) => roundTiesToEven(Math.fround(small * v)));
  const [x, dy] = [contribution.x.dataSync<'float32'>(), contribution.dy.dataSync<'float32'>()];
  const [rows, columns] = [contribution.x.shape[2]!, contribution.dy.shape[2]!];
  const [example = 0] = examples;
  return gradient.map((_, j) => {
    const scaled = Math.fround(small * x[example * rows + Math.floor(j / columns)]!);
    return roundTiesToEven(Math.fround(scaled * dy[example * columns + (j % columns)]!));
  });
}
