import {fillGridGaussian, seededSource} from '@dp/random';

/** Standard normals that are the same in every run of the tests. */
export function seededNormals(count: number, seed: number): number[] {
  const units = new Float64Array(count);
  fillGridGaussian(units, 2 ** 20, seededSource(seed));
  return Array.from(units, (value) => value / 2 ** 20);
}
