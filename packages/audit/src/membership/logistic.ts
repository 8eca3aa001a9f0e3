/** A ridge so small that it only keeps separable classes from infinite weights. */
const RIDGE = 1e-3;
const ITERATIONS = 25;

/** What gives a row of features the log odds of its class. */
export type Classifier = (features: readonly number[]) => number;

/**
 * Logistic regression on standardised features, by Newton's method.
 *
 * @param rows - Features, all rows of one length.
 * @param isIn - Classes.
 */
export function fitLogistic(rows: readonly (readonly number[])[], isIn: readonly boolean[]): Classifier {
  const scales = (rows[0] ?? []).map((_, k) => scaleOf(rows.map((row) => row[k] as number)));
  const standardised = (row: readonly number[]): number[] => [
    1,
    ...row.map((value, k) => (value - (scales[k]?.mean ?? NaN)) / (scales[k]?.deviation ?? NaN)),
  ];
  const inputs = rows.map(standardised);
  let weights = standardised(rows[0] ?? []).map(() => 0);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const gradient = weights.map((weight) => RIDGE * weight);
    const hessian = weights.map((_, a) => weights.map((_, b) => (a === b ? RIDGE : 0)));
    inputs.forEach((input, i) => {
      const p = 1 / (1 + Math.exp(-dot(input, weights)));
      input.forEach((value, a) => {
        gradient[a] = (gradient[a] as number) + value * (p - Number(isIn[i]));
        const row = hessian[a] as number[];
        input.forEach((other, b) => (row[b] = (row[b] as number) + p * (1 - p) * value * other));
      });
    });
    const step = solve(hessian, gradient);
    weights = weights.map((weight, a) => weight - (step[a] as number));
  }
  return (row) => dot(standardised(row), weights);
}

function scaleOf(values: readonly number[]): {mean: number; deviation: number} {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {mean, deviation: Math.sqrt(variance) || 1};
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
}

/** Solves a positive definite system by Gauss's elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, a) => [...row, right[a] as number]);
  rows.forEach((pivot, a) => {
    for (const row of rows.slice(a + 1)) {
      const factor = (row[a] as number) / (pivot[a] as number);
      pivot.forEach((value, b) => (row[b] = (row[b] as number) - factor * value));
    }
  });
  const solution = right.map(() => 0);
  for (let a = rows.length - 1; a >= 0; a--) {
    const row = rows[a] as number[];
    const known = solution.reduce((sum, value, b) => sum + (b > a ? value * (row[b] as number) : 0), 0);
    solution[a] = ((row.at(-1) as number) - known) / (row[a] as number);
  }
  return solution;
}
