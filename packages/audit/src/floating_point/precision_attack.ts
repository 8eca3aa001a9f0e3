import type {RandomSource} from '@dp/random';
import {requireFinite, requireNonNegative, requireNumbers, requirePositive} from '../checks.js';

/**
 * Noise as textbooks have it: Box and Muller's in doubles, added to the value in doubles. For showing what is wrong with it.
 *
 * @returns value + deviation * N(0, 1), nearly.
 */
export function naiveGaussian(value: number, deviation: number, source: RandomSource): number {
  requireFinite('value', value);
  requireNonNegative('deviation', deviation);
  const words = new Uint32Array(2);
  source.fill(words);
  const [u = 0, v = 0] = Array.from(words, (word) => (word + 1) / 2 ** 32);
  return value + deviation * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/**
 * The attack on precision (Mironov 2012; Haney, Desfontaines, Hartman, Shrestha and Hay 2022): noise that is added to a value of
 * some size in floating point leaves multiples of the value's last place. An output that is none betrays that the value was
 * another one, with certainty.
 *
 * @param outputs - What was released.
 * @param lastPlace - The spacing that outputs would have if the value were the one that is excluded.
 * @returns The share of outputs that give their value away.
 */
export function precisionAttack(outputs: ArrayLike<number>, lastPlace: number): number {
  requireNumbers('outputs', outputs);
  requirePositive('lastPlace', lastPlace);
  let certain = 0;
  for (let i = 0; i < outputs.length; i++) {
    certain += Number(!Number.isInteger((outputs[i] as number) / lastPlace));
  }
  return certain / outputs.length;
}
