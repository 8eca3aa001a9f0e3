/** Five figures, never below the value: for a guarantee. */
export function atMost(value: number): string {
  return figures(value, (text, exact) => text < exact, 1);
}

/** Five figures, never above the value: for what a guarantee cannot be below. */
export function atLeast(value: number): string {
  return figures(value, (text, exact) => text > exact, -1);
}

/** A delta as it is written, 1e-5 rather than 0.00001. */
export function deltaText(delta: number): string {
  return delta < 1e-3 ? delta.toExponential() : String(delta);
}

function figures(value: number, wrong: (text: number, exact: number) => boolean, step: 1 | -1): string {
  if (value === 0 || value === Infinity) return value === 0 ? '0' : 'infinite';
  const exponent = Math.floor(Math.log10(value));
  const digits = (units: number): number => Number(`${units}e${exponent - 4}`);
  const nearest = Math.round(value / Number(`1e${exponent - 4}`));
  const rounded = wrong(digits(nearest), value) ? digits(nearest + step) : digits(nearest);
  return value >= 1e-3 && value < 1e6 ? String(rounded) : rounded.toExponential();
}
