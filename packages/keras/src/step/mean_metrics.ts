import * as tf from '@tensorflow/tfjs-core';

import type {Compiled} from '../layers/compiled.js';

/** Sums of metrics over examples. They come straight from the examples: no epsilon covers them. */
export interface MetricSums {
  /** One a metric. */
  readonly sums: readonly number[];
  /** Number of examples. */
  readonly seen: number;
}

/** Means of metrics over the pieces of one batch, wherever they are computed. */
export class MeanMetrics implements MetricSums {
  readonly sums: number[];
  seen = 0;

  constructor(private readonly compiled: Pick<Compiled, 'metrics' | 'names'>) {
    this.sums = compiled.metrics.map(() => 0);
  }

  add(labels: readonly tf.Tensor[], predictions: readonly tf.Tensor[]): void {
    const size = labels[0]?.shape[0] ?? 0;
    const means = tf.tidy(() =>
      this.compiled.metrics.map(([metric, output]) =>
        tf.mean(metric(labels[output] as tf.Tensor, predictions[output] as tf.Tensor)).dataSync(),
      ),
    );
    this.addSums({sums: means.map(([mean = NaN]) => mean * size), seen: size});
  }

  addSums({sums, seen}: MetricSums): void {
    this.seen += seen;
    sums.forEach((sum, m) => (this.sums[m] = (this.sums[m] ?? 0) + sum));
  }

  values(): Record<string, number> {
    const names = this.compiled.names.slice(1);
    return Object.fromEntries(names.map((name, m) => [name, (this.sums[m] ?? NaN) / this.seen]));
  }
}
