/** The polynomial with the given coefficients, highest power first, at `x` (Horner's scheme). */
export function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}
