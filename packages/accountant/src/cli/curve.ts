import {requireInteger, requireOneOf, requirePositive} from '../checks.js';
import {gaussian, poissonSampled, type PoissonSampledEvent} from '../event.js';
import {deltaText} from '../plan/figures.js';
import {PldAccountant} from '../pld/accountant.js';
import {RdpAccountant} from '../rdp/accountant.js';
import {optimalEpsilon} from '../rdp/convert.js';
import {type Answer, ASSUMPTIONS} from './answer.js';
import type {CurvePoint, PlotOptions} from './curve_plot.js';
import type {Io} from './io.js';
import {progress} from './progress.js';
import {
  deltaOf,
  epochsAfter,
  epochsOf,
  noiseOf,
  type RunFlags,
  samplingProbabilityOf,
  stepsAfter,
  stepsOf,
  toleranceOf,
} from './run_flags.js';
import {svgPlot} from './svg_plot.js';
import {terminalPlot} from './terminal_plot.js';

/** `dp-accountant curve`: epsilon against epochs or noise, plotted. */
export async function curve(flags: RunFlags, io: Io): Promise<Answer> {
  const samplingProbability = samplingProbabilityOf(flags);
  const [delta, tolerance] = [deltaOf(flags), toleranceOf(flags)];
  const runs = runsOf(flags, samplingProbability);
  const divergences = divergencesOfSteps();
  const tell = progress(io, 'dp-accountant curve', runs.length);
  const points = runs.map(({x, noiseMultiplier, steps}, i): CurvePoint => {
    const step = poissonSampled({samplingProbability, event: gaussian({noiseMultiplier})});
    const {lower, upper} = new PldAccountant({tolerance}).compose(step, steps).epsilon(delta);
    const rdp = new Map(Array.from(divergences(step), ([order, nats]) => [order, steps * nats]));
    tell(i + 1);
    return {
      x,
      noiseMultiplier,
      steps,
      tight: upper,
      lower,
      improved: optimalEpsilon('improved', rdp, delta).epsilon,
      classic: optimalEpsilon('classic', rdp, delta).epsilon,
    };
  });
  const over = overOf(flags);
  const options: PlotOptions = {
    title: `epsilon at delta = ${deltaText(delta)}`,
    over: over === 'epochs' ? 'epochs' : 'noise multiplier',
  };
  const written = flags.svg === undefined ? [] : [`Written to ${flags.svg}.`];
  if (flags.svg !== undefined) await writeSvg(io, flags.svg, await svgPlot(points, options));
  return {
    json: {samplingProbability, delta, over, points: points.map(({x, ...rest}) => ({[over]: x, ...rest}))},
    text: [terminalPlot(points, options), ASSUMPTIONS.poisson, ...written],
  };
}

/** One step's Renyi divergences, computed once for each noise. */
function divergencesOfSteps(): (step: PoissonSampledEvent) => ReadonlyMap<number, number> {
  let latest: PoissonSampledEvent | undefined;
  let rdp: ReadonlyMap<number, number> = new Map();
  return (step) => {
    if (latest === undefined || JSON.stringify(latest) !== JSON.stringify(step)) {
      latest = step;
      rdp = new RdpAccountant().compose(step).rdp;
    }
    return rdp;
  };
}

interface CurveRun {
  readonly x: number;
  readonly noiseMultiplier: number;
  readonly steps: number;
}

function runsOf(flags: RunFlags, samplingProbability: number): CurveRun[] {
  if (overOf(flags) === 'noise_multiplier') {
    const {noise_multiplier: middle} = flags;
    const steps = stepsOf(flags);
    return abscissas(flags, middle && middle / 2, middle && middle * 2).map((x) => ({
      x,
      noiseMultiplier: x,
      steps,
    }));
  }
  const noiseMultiplier = noiseOf(flags);
  const epochs =
    flags.steps === undefined ? epochsOf(flags) : epochsAfter(stepsOf(flags), samplingProbability);
  return abscissas(flags, Math.min(1, epochs / 2), epochs).map((x) => ({
    x,
    noiseMultiplier,
    steps: stepsAfter(x, samplingProbability),
  }));
}

function overOf({over = 'epochs'}: RunFlags): 'epochs' | 'noise_multiplier' {
  requireOneOf('--over', over, ['epochs', 'noise_multiplier']);
  return over === 'epochs' ? 'epochs' : 'noise_multiplier';
}

/** Evenly spaced, from the first to the last. */
function abscissas(
  {from: givenFrom, to: givenTo, points = 30}: RunFlags,
  defaultFrom: number | undefined,
  defaultTo: number | undefined,
): number[] {
  const [from, to] = [givenFrom ?? defaultFrom, givenTo ?? defaultTo];
  if (from === undefined || to === undefined) {
    throw new RangeError(
      'missing --from and --to, or --noise_multiplier to plot from half to twice of it; see --help',
    );
  }
  requirePositive('--from', from);
  requirePositive('--to', to);
  if (to <= from) throw new RangeError(`--to must be above --from = ${from}, got ${to}`);
  requireInteger('--points', points, 2);
  return Array.from({length: points}, (_, i) =>
    Number((from + ((to - from) * i) / (points - 1)).toPrecision(12)),
  );
}

async function writeSvg(io: Io, path: string, svg: string): Promise<void> {
  try {
    await io.writeFile(path, svg);
  } catch (error) {
    throw new RangeError(
      `--svg must name a file that can be written, got ${path}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
