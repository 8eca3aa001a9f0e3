/**
 * P(X > x) of a standard normal X, with a relative error below 1e-12: a series near 0 (Marsaglia 2004), and the continued
 * fraction of Mills' ratio beyond. Written apart from the accountant's, which is audited with it.
 */
export function normalTail(x: number): number {
  if (x < 0) return 1 - normalTail(-x);
  return x < 3 ? 1 / 2 - density(x) * series(x) : density(x) * millsRatio(x);
}

function density(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** x + x^3 / 3 + x^5 / (3 * 5) + ... */
function series(x: number): number {
  let sum = 0;
  let term = x;
  for (let odd = 1; sum + term !== sum; odd += 2, term *= (x * x) / odd) sum += term;
  return sum;
}

/** 1 / (x + 1 / (x + 2 / (x + 3 / ...))), from far enough inside. */
function millsRatio(x: number): number {
  let inside = x;
  for (let k = 150; k > 0; k--) inside = x + k / inside;
  return 1 / inside;
}

/** The x with P(X > x) = probability, by halving. */
export function normalQuantile(probability: number): number {
  let [low, high] = [-40, 40];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
