/** The middle of a list; of two middles the larger. */
export function median(list) {
  return list.toSorted((a, b) => a - b)[list.length >> 1];
}

/** To four digits. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}
