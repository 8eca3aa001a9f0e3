/** A value and the real Renyi order that gave it. */
export interface AtOrder {
  readonly order: number;
  readonly value: number;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Rounds of the search: they leave 1e-4 of the interval, and of a parabola's depth 1e-8. */
const ROUNDS = 20;

/**
 * The smallest value found at a real order: of those at the orders of a rising list, and of golden section between the
 * neighbours of the best of them. Every order's value is a bound, so where the search looks decides only how good it is.
 *
 * @param orders - at least one, rising.
 * @param values - the value at each.
 * @param valueAt - the value at any order > 1.
 */
export function bestOrder(
  orders: readonly number[],
  values: readonly number[],
  valueAt: (order: number) => number,
): AtOrder {
  const at = values.indexOf(Math.min(...values));
  let best: AtOrder = {order: orders[at] as number, value: values[at] as number};
  if (!Number.isFinite(best.value)) return best;
  const look = (order: number): AtOrder => {
    const found = {order, value: valueAt(order)};
    if (found.value < best.value) best = found;
    return found;
  };
  let left = orders[at - 1] ?? 1 + (best.order - 1) / 2;
  let right = orders[at + 1] ?? best.order;
  let lower = look(right - GOLDEN * (right - left));
  let upper = look(left + GOLDEN * (right - left));
  for (let round = 0; round < ROUNDS; round++) {
    if (lower.value < upper.value) {
      [right, upper] = [upper.order, lower];
      lower = look(right - GOLDEN * (right - left));
    } else {
      [left, lower] = [lower.order, upper];
      upper = look(left + GOLDEN * (right - left));
    }
  }
  return best;
}
