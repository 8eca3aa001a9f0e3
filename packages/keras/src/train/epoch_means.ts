/** Means over the examples of an epoch, as tf.js logs them. An empty batch has no part in them. */
export class EpochMeans {
  private readonly sums = new Map<string, number>();
  private seen = 0;

  add(values: Readonly<Record<string, number>>, size: number): void {
    if (size === 0) return;
    this.seen += size;
    for (const [name, value] of Object.entries(values))
      this.sums.set(name, (this.sums.get(name) ?? 0) + value * size);
  }

  values(): Record<string, number> {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum / this.seen]));
  }
}
