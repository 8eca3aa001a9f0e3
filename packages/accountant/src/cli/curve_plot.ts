/** One point of a curve. */
export interface CurvePoint {
  /** Epochs or noise multiplier. */
  readonly x: number;
  readonly noiseMultiplier: number;
  readonly steps: number;
  /** By privacy loss distributions, the upper bound. */
  readonly tight: number;
  /** By privacy loss distributions, the lower bound. */
  readonly lower: number;
  /** By Renyi divergences with the improved conversion. */
  readonly improved: number;
  /** By Renyi divergences with the classic conversion. */
  readonly classic: number;
}

/** What a plot says around its curves. */
export interface PlotOptions {
  readonly title: string;
  /** What the horizontal axis shows. */
  readonly over: string;
}

/** The curves of a plot, in the order in which they are drawn over each other. */
export const SERIES = [
  {key: 'classic', name: 'RDP, classic conversion', symbol: '.'},
  {key: 'improved', name: 'RDP, improved conversion', symbol: 'o'},
  {key: 'tight', name: 'PLD, tight upper bound', symbol: '*'},
] as const;

/** Whether epsilons spread so far that an axis of logarithms shows them better. */
export function isWide(points: readonly CurvePoint[]): boolean {
  const epsilons = finiteEpsilons(points).filter((epsilon) => epsilon > 0);
  return Math.max(...epsilons) > 30 * Math.min(...epsilons);
}

/** All epsilons that can be drawn. @throws RangeError if there are none. */
export function finiteEpsilons(points: readonly CurvePoint[]): number[] {
  const all = points.flatMap((point) => SERIES.map(({key}) => point[key]));
  const finite = all.filter((epsilon) => epsilon < Infinity);
  if (finite.every((epsilon) => epsilon === 0)) {
    throw new RangeError('no epsilon of this curve is finite and above 0: there is nothing to plot');
  }
  return finite;
}
