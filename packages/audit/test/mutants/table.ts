/** One piece of shipped text, and what a mistake would have in its place. Text that is gone is an error. */
export interface Edit {
  /** From the packages' folder on. */
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

/** A known mistake of this field. */
export interface Mutant {
  readonly what: string;
  readonly edits: readonly Edit[];
  /** The audit of the battery that has to catch it. */
  readonly caughtBy: string;
}

/** A known mistake that the structure leaves no place for, and why. */
export interface Impossible {
  readonly what: string;
  readonly why: string;
}

const noisyMean = 'optimizers/src/noise/gaussian.ts';
const deviation = '(standardDeviations[v] ?? NaN) / grid';
const release = 'optimizers/src/release.ts';
const clip = 'optimizers/src/sum/clip_and_sum.ts';
const record = 'optimizers/src/tape/record.ts';
const poissonSamplers = 'optimizers/src/account/poisson_samplers.ts';
const epochSamplers = 'optimizers/src/account/epoch_samplers.ts';

const one = (file: string, search: string, replacement: string): readonly Edit[] => [
  {file, search, replacement},
];

const noise: readonly Mutant[] = [
  {
    what: 'noise 19 % low',
    edits: one(noisyMean, deviation, `(0.81 * ${deviation})`),
    caughtBy: 'noise',
  },
  {
    what: 'noise 20 % low, in the step of the MNIST tutorial',
    edits: one(noisyMean, deviation, `(0.8 * ${deviation})`),
    caughtBy: 'noise of the MNIST tutorial',
  },
  {
    what: 'noise 19 % low in trees',
    edits: one(
      'optimizers/src/tree/noisy_nodes.ts',
      'fillGridGaussian(noise, deviations[v] ?? NaN, source);',
      'fillGridGaussian(noise, 0.81 * deviations[v], source);',
    ),
    caughtBy: 'noise of trees',
  },
  {
    what: "a group's noise measured in the clip norm of all",
    edits: one(
      'optimizers/src/clip/plan.ts',
      'return parts.map(({noise}) => scale * noise);',
      'return parts.map(({noise}) => (scale * noise) / Math.sqrt(parts.length));',
    ),
    caughtBy: 'noise per layer',
  },
  {
    what: 'noise divided by the root of the batch',
    edits: one(noisyMean, deviation, `${deviation} / Math.sqrt(divisor)`),
    caughtBy: 'noise',
  },
  {
    what: 'variance taken for the deviation',
    edits: one(noisyMean, deviation, '(standardDeviations[v] ?? NaN) ** 2 / grid'),
    caughtBy: 'noise',
  },
  {
    what: 'the same noise at every step',
    edits: [
      {
        file: noisyMean,
        search: 'import {fillGridGaussian,',
        replacement: 'import {seededSource, fillGridGaussian,',
      },
      {file: noisyMean, search: `${deviation}, source)`, replacement: `${deviation}, seededSource(v))`},
    ],
    caughtBy: 'noise',
  },
  {
    what: 'noise once per physical piece, at 1/n each',
    edits: [
      {
        file: 'optimizers/src/sum/clipped_sum.ts',
        search: 'checkFits(piece, this.variables, this.plan);',
        replacement: 'checkFits(piece, this.variables, this.plan); this.pieces = (this.pieces ?? 1) + 1;',
      },
      {
        file: release,
        search: 'noiseDeviations(plan, noiseMultiplier))',
        replacement: 'noiseDeviations(plan, noiseMultiplier / Math.sqrt(total.pieces ?? 1)))',
      },
    ],
    caughtBy: 'noise',
  },
  {
    what: 'noise only where gradients are not null, as on touched embedding rows',
    edits: one(
      noisyMean,
      '(sum[i] as number) + (noise[i] as number)',
      'sum[i] === 0 ? 0 : sum[i] + noise[i]',
    ),
    caughtBy: 'noise of embeddings',
  },
  {
    what: 'noise scaled by the clip norm of the step before',
    edits: one(
      release,
      'noiseDeviations(plan, noiseMultiplier))',
      'noiseDeviations(((globalThis.plans ??= []).push(plan), globalThis.plans.at(-2) ?? plan), noiseMultiplier))',
    ),
    caughtBy: 'noise of adaptive clipping',
  },
  {
    what: 'noise shared between variables',
    edits: one(
      noisyMean,
      `fillGridGaussian(noise, ${deviation}, source);`,
      `if (v > 0) noise.forEach((_, i) => (noise[i] = globalThis.shared[i % globalThis.shared.length])); else fillGridGaussian((globalThis.shared = noise), ${deviation}, source);`,
    ),
    caughtBy: 'noise',
  },
  {
    what: 'a tail of 32-bit uniforms, by Box and Muller',
    edits: one(
      'random/src/gaussian/grid_gaussian.ts',
      'if (n === UNDECIDED) undecided[count++] = i;\n    draws[i] = withSign(n, first);',
      'draws[i] = Math.round(sigma * Math.sqrt(-2 * Math.log((first + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * bits[2 * i + 1]) / 2 ** 32));',
    ),
    caughtBy: 'noise',
  },
  {
    what: 'noise reused after a resume',
    edits: [
      {
        file: release,
        search: "import {noisyMean} from './noise/gaussian.js';",
        replacement:
          "import {seededSource} from '@dp/random';\nimport {noisyMean} from './noise/gaussian.js';",
      },
      {
        file: release,
        search: '{noiseMultiplier, divisor, source}: ReleaseOptions',
        replacement: '{noiseMultiplier, divisor, step}: ReleaseOptions',
      },
      {
        file: release,
        search: '{standardDeviations, grid: plan.grid, divisor}, source)',
        replacement: '{standardDeviations, grid: plan.grid, divisor}, seededSource(step))',
      },
    ],
    caughtBy: 'noise',
  },
  {
    what: 'the count of adaptive clipping without noise',
    edits: one(
      'optimizers/src/noise/count.ts',
      'fillGridGaussian(noise, standardDeviation / COUNT_GRID, source);',
      '',
    ),
    caughtBy: 'noise of adaptive clipping',
  },
];

const clipping: readonly Mutant[] = [
  {
    what: 'clipping after averaging',
    edits: one(
      clip,
      'const {microbatchSize, parts} = plan;',
      'const {parts} = plan, microbatchSize = Math.max(1, batchSize);',
    ),
    caughtBy: 'sensitivity',
  },
  {
    what: 'each layer clipped to C',
    edits: [
      {
        file: clip,
        search: '{clipping, grid}: ClippingPlan',
        replacement: '{clipping, grid, parts}: ClippingPlan',
      },
      {
        file: clip,
        search: 'const {l2NormClip} = part;',
        replacement: 'const l2NormClip = part.l2NormClip * Math.sqrt(parts.length);',
      },
    ],
    caughtBy: 'sensitivity per layer',
  },
  ...(
    [
      ['a kernel', 0, 'sensitivity'],
      ['a bias', 1, 'sensitivity'],
      ['an embedding', 0, 'sensitivity of embeddings'],
    ] as const
  ).map(([variable, index, caughtBy]) => ({
    what: `${variable} left out of the norm`,
    edits: one(
      'kernels/src/clip_and_sum/session.ts',
      'for (const parameter of this.#parameters) squaredNorm += parameter.measure(examples);',
      `this.#parameters.forEach((parameter, p) => { const own = parameter.measure(examples); if (p !== ${index} || !Number.isFinite(own)) squaredNorm += own; });`,
    ),
    caughtBy,
  })),
  {
    what: '|a|^2 + |b|^2 for a variable that is used twice',
    edits: one(
      'kernels/src/clip_and_sum/formed.ts',
      'return kernels.sumOfSquares(address, size);',
      'const squares = parts.map((part) => (part.form(examples[0], address, false), kernels.sumOfSquares(address, size))); parts.forEach((part, p) => part.form(examples[0], address, p > 0)); return squares.reduce((a, b) => a + b);',
    ),
    caughtBy: 'sensitivity of tied weights',
  },
  {
    what: 'what is not finite is multiplied by 0',
    edits: [
      {file: clip, search: '      if (Number.isFinite(squaredNorm)) {', replacement: '      {'},
      {
        file: 'kernels/src/clip_and_sum/session.ts',
        search: 'if (!Number.isFinite(norm)) {',
        replacement: 'if (false) {',
      },
    ],
    caughtBy: 'sensitivity',
  },
  {
    what: 'clipping after accumulation',
    edits: [
      {
        file: clip,
        search: '(squaredNorm: number) => clipFactor(squaredNorm, l2NormClip) / grid',
        replacement:
          '(squaredNorm: number) => Math.min(1, (1e3 * l2NormClip) / Math.sqrt(squaredNorm)) / grid',
      },
      {
        file: clip,
        search: '    return {units, norms};',
        replacement:
          '    const whole = plan.grid * Math.hypot(...units.map((unit) => Math.hypot(...unit))); return {units: units.map((unit) => unit.map((value) => Math.round(value * Math.min(1, plan.l2NormClip / whole)))), norms};',
      },
    ],
    caughtBy: 'sensitivity',
  },
  {
    what: 'sums in float32 at batch 4,096',
    edits: one(
      'kernels/src/clip_and_sum/parameter_sum.ts',
      '  accumulate(scale: Scale): void {\n',
      '  accumulate(scale: Scale): void {\n    this.exactly(scale); this.values(); const sums = new Float64Array(this.#scope.memory, this.#sums.address, this.#size); sums.forEach((sum, i) => (sums[i] = Math.fround(sum)));\n  }\n\n  exactly(scale: Scale): void {\n',
    ),
    caughtBy: 'sensitivity of 4,096',
  },
  {
    what: 'the size of microbatches from the batch that came',
    edits: one(
      clip,
      'const {microbatchSize, parts} = plan;',
      'const {parts} = plan, microbatchSize = Math.max(plan.microbatchSize, Math.ceil(batchSize / 32));',
    ),
    caughtBy: 'sensitivity',
  },
  {
    what: 'a replaced record counted as C',
    edits: one('optimizers/src/clip/plan.ts', "relation === 'replaceOne' || grouped ?", 'grouped ?'),
    caughtBy: 'sensitivity',
  },
  {
    what: 'divided by the batch that came',
    edits: one(
      'optimizers/src/step.ts',
      'const how = releaseOptions(request);',
      'const how = {...releaseOptions(request), divisor: Math.max(1, batchSize)};',
    ),
    caughtBy: 'sensitivity',
  },
];

const accounting: readonly Mutant[] = [
  {
    what: 'shuffled batches accounted as Poisson samples',
    edits: one(
      epochSamplers,
      'sampling: {kind, sampler, numExamples, batchSize, epoch},',
      "sampling: {kind: 'poisson', numExamples, samplingProbability: batchSize / numExamples},",
    ),
    caughtBy: 'shuffling sampler',
  },
  {
    what: 'truncated samples accounted as Poisson samples',
    edits: one(poissonSamplers, '() => coins.sample(),', '() => coins.sample().slice(0, batchSize),'),
    caughtBy: 'poisson sampler',
  },
  {
    what: 'samples of fixed size accounted as Poisson samples',
    edits: one(
      poissonSamplers,
      '() => coins.sample(),',
      '() => randomPermutation(numExamples, source).slice(0, batchSize),',
    ),
    caughtBy: 'poisson sampler',
  },
  {
    what: 'two releases of one batch accounted as independent',
    edits: one(
      'optimizers/src/account/poisson_events.ts',
      '`${samplingProbability} ${row.batchId}`',
      '`${samplingProbability} ${row.batchId} ${row.release}`',
    ),
    caughtBy: 'accounting',
  },
  {
    what: 'a count forgotten',
    edits: one(
      'optimizers/src/account/poisson_events.ts',
      '      count,\n    }));',
      '      count: 1,\n    }));',
    ),
    caughtBy: 'accounting',
  },
  {
    what: 'one direction only',
    edits: one(
      'accountant/src/pld/accountant.ts',
      "return symmetric ? ['remove'] : DIRECTIONS;",
      "return ['add'];",
    ),
    caughtBy: 'accounting',
  },
  {
    what: 'an empty batch skipped',
    edits: one(
      'optimizers/src/step.ts',
      'checkAsDrawn(batchSize, request);\n',
      'if (batchSize === 0) return {gradients: variables.map(({shape}) => tf.zeros(shape)), loss: tf.scalar(NaN), nextL2NormClip: options.l2NormClip};\n',
    ),
    caughtBy: 'ledger',
  },
  {
    what: 'a ledger row lost',
    edits: one(
      'optimizers/src/account/ledger.ts',
      'this.entries.push(row);',
      'if (row.release % 3 !== 1) this.entries.push(row);',
    ),
    caughtBy: 'ledger',
  },
  {
    what: 'a failed step tried again without a row',
    edits: [
      {
        file: release,
        search: 'const rows = releaseRows(total, options).map((row) => options.ledger.append(row));',
        replacement: 'const rows: LedgerRow[] = [];',
      },
      {
        file: release,
        search: 'return {means: meansOf(total, options), row, nextL2NormClip: l2NormClip};',
        replacement:
          'return {means: meansOf(total, options), row: options.ledger.append(releaseRows(total, options)[0]), nextL2NormClip: l2NormClip};',
      },
    ],
    caughtBy: 'ledger',
  },
];

const secondNet: Edit = {
  file: 'optimizers/src/tape/second_net.ts',
  search: 'if (proof.batchSize < 2) return;',
  replacement: 'return;',
};

const around: readonly Mutant[] = [
  {
    what: 'Adam moments from gradients without noise',
    edits: [
      {
        file: release,
        search: '{noiseMultiplier, divisor, source}: ReleaseOptions',
        replacement: '{noiseMultiplier, divisor, source, ledger}: ReleaseOptions',
      },
      {
        file: release,
        search: 'const means = noisyMean(total.units,',
        replacement:
          '(globalThis.clean ??= new WeakMap()).set(ledger, total.variables.map(({name, shape}, v) => ({name, tensor: tf.tensor(Float32Array.from(total.units[v], (unit) => (unit * plan.grid) / divisor), shape)}))); const means = noisyMean(total.units,',
      },
      {
        file: 'optimizers/src/optimizers/private_optimizer.ts',
        search: 'this.base.applyGradients(gradients);',
        replacement: 'this.base.applyGradients(globalThis.clean.get(this.ledger) ?? gradients);',
      },
    ],
    caughtBy: 'update',
  },
  {
    what: 'a term that depends on examples added after the noise',
    edits: one(
      'optimizers/src/tape/loss.ts',
      'if (keepFirst && dependsOnExamples(recording, second)) {',
      'if (false) {',
    ),
    caughtBy: 'separation',
  },
  {
    what: 'moving averages assigned in the closure',
    edits: [
      {file: record, search: '{assign: refuseAssignment}', replacement: '{}'},
      {file: record, search: 'checkUnassigned(engine, variablesBefore);', replacement: ''},
    ],
    caughtBy: 'separation',
  },
  {
    what: 'batch normalisation let through',
    edits: [
      {
        file: 'optimizers/src/tape/rules/reduction.ts',
        search:
          'if (axes.includes(axis)) return mixing(`it reduces over axis ${axis}, which holds the examples`);',
        replacement: "if (axes.includes(axis)) return {kind: 'public', rows: 'uniform'};",
      },
      secondNet,
    ],
    caughtBy: 'separation',
  },
  {
    what: 'a loss scale that depends on the data, read in the closure',
    edits: one(record, 'if (!publicData.has(dataId)) throw sideDoorRead(scopes());', ''),
    caughtBy: 'separation',
  },
  {
    what: 'gradients written by hand',
    edits: one(
      record,
      'if (call.kernelName === undefined && insideTrusted === 0) throw handwrittenGradient(scopes());',
      '',
    ),
    caughtBy: 'separation',
  },
  {
    what: 'a divisor that counts something in the batch',
    edits: one(
      'optimizers/src/tape/loss.ts',
      "if (typeof value !== 'number') {",
      "if (typeof value !== 'number') return recording.reduced.values().next().value.size; if (false) {",
    ),
    caughtBy: 'separation',
  },
];

export const MUTANTS: readonly Mutant[] = [...noise, ...clipping, ...accounting, ...around];

export const IMPOSSIBLE: readonly Impossible[] = [
  {
    what: 'Gram cancellation',
    why: 'no norm is taken by Gram matrices: the norm is that of the vector that is added (kernels/src/clip_and_sum/cost.ts)',
  },
  {
    what: 'noise shared between workers, or per worker at 1/R with one missing',
    why: 'threads send exact sums of pieces, without noise; the thread that makes the step draws it once (sum/piece_sum.ts)',
  },
  {
    what: 'averages of gradients without noise',
    why: 'averages are of weights, after the update that is audited above (averaging/weight_averages.ts)',
  },
];
