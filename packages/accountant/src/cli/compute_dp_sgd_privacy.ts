import {Command} from 'commander';
import {requireDelta, requireInteger, requireNonNegative, requirePositive} from '../checks.js';
import {deltaText} from '../plan/figures.js';
import {type DpSgdPrivacyStatement, dpSgdPrivacyStatement} from '../plan/statement.js';
import {DEFAULT_ORDERS} from '../rdp/orders.js';
import {exitCode, jsonLine, withIo} from './command_line.js';
import {canonicalFlags, parseNumber} from './flags.js';
import type {Io} from './io.js';

const NAME = 'compute-dp-sgd-privacy';
const EXAMPLE = `${NAME} --N=60000 --batch_size=256 --noise_multiplier=1.1 --epochs=60 --delta=1e-5`;
const NUMBERS = ['N', 'batch_size', 'noise_multiplier', 'epochs', 'delta'] as const;

type Numbers = Readonly<Record<(typeof NUMBERS)[number], number>>;

/**
 * The command line `compute-dp-sgd-privacy`: epsilon of a DP-SGD training run.
 *
 * @param argv - the arguments after the program's name.
 * @returns the exit code: 0, or 2 for bad input, which is one line on `io.error`.
 */
export function run(argv: readonly string[], io: Io): Promise<number> {
  return exitCode(NAME, io, () => {
    const command = commandLine(io).parse(canonicalFlags(argv, [...NUMBERS, 'json', 'help']), {from: 'user'});
    const {json, ...given} = command.opts<Partial<Numbers> & {json?: boolean}>();
    const numbers = checked(given);
    const statement = dpSgdPrivacyStatement({
      numExamples: numbers.N,
      batchSize: numbers.batch_size,
      noiseMultiplier: numbers.noise_multiplier,
      epochs: numbers.epochs,
      delta: numbers.delta,
      // The orders that the original tool tries, so that it prints the same.
      orders: DEFAULT_ORDERS,
    });
    io.out(json === true ? jsonReport(statement) : textReport(statement));
  });
}

function commandLine(io: Io): Command {
  const command = new Command(NAME)
    .description(
      'Prints the epsilon that a DP-SGD training run spends at a given delta, for Poisson-sampled batches and for batches ' +
        'that use each example once per epoch. Flags may also be written as --kebab-case.',
    )
    .option('--N <count>', 'number of training examples', parseNumber)
    .option('--batch_size <count>', 'expected number of examples in a batch', parseNumber)
    .option('--noise_multiplier <number>', 'noise standard deviation / clipping norm', parseNumber)
    .option('--epochs <number>', 'passes over the data, whole or not', parseNumber)
    .option('--delta <number>', 'probability in (0, 1), at most about 1 / N', parseNumber)
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nExample:\n  ${EXAMPLE}`);
  return withIo(command, NAME, io);
}

function checked(given: Partial<Numbers>): Numbers {
  const missing = NUMBERS.filter((name) => given[name] === undefined).map((name) => `--${name}`);
  if (missing.length > 0) throw new RangeError(`missing ${missing.join(', ')}; for example: ${EXAMPLE}`);
  const numbers = given as Numbers;
  requireInteger('--N', numbers.N, 1);
  requireInteger('--batch_size', numbers.batch_size, 1);
  if (numbers.batch_size > numbers.N) {
    throw new RangeError(`--batch_size must be at most --N = ${numbers.N}, got ${numbers.batch_size}`);
  }
  requireNonNegative('--noise_multiplier', numbers.noise_multiplier);
  requirePositive('--epochs', numbers.epochs);
  requireDelta('--delta', numbers.delta);
  return numbers;
}

function jsonReport({run, delta, example}: DpSgdPrivacyStatement): string {
  const {numExamples, batchSize, noiseMultiplier, epochs, samplingProbability, steps} = run;
  const {poisson, oncePerEpoch} = example;
  const asked = {numExamples, batchSize, noiseMultiplier, epochs, delta};
  return jsonLine({...asked, samplingProbability, steps, poisson, oncePerEpoch});
}

function textReport({run, delta, example: {poisson, oncePerEpoch}}: DpSgdPrivacyStatement): string {
  if (poisson === null) throw new Error('a run without microbatches has a Poisson guarantee');
  const rate = Number((100 * run.samplingProbability).toPrecision(3));
  const sampledRun = `sampling rate = ${rate}% and noise_multiplier = ${run.noiseMultiplier} iterated over ${run.steps} steps`;
  if (run.noiseMultiplier === 0) {
    return `DP-SGD with ${sampledRun} is NOT private: without noise, eps is infinite for every delta below 1.\n`;
  }
  const {classic, improved, tight} = poisson;
  const rows = [
    [
      classic.epsilon,
      `Poisson sampling, add-or-remove-one: RDP, classic conversion, as TensorFlow Privacy's tutorials print it`,
    ],
    [
      improved.epsilon,
      `Poisson sampling, add-or-remove-one: RDP, improved conversion, the same guarantee by a tighter bound (order ${improved.optimalOrder})`,
    ],
    [
      tight.upper,
      `Poisson sampling, add-or-remove-one: privacy loss distributions, tight: the one to report`,
    ],
    [
      oncePerEpoch.tight.upper,
      'each example once per epoch, shuffled or in a fixed order, zero-out: exact, no amplification by sampling',
    ],
  ] as const;
  const width = Math.max(...rows.map(([epsilon]) => figures(epsilon).length));
  const lines = [
    `DP-SGD with ${sampledRun}`,
    `satisfies differential privacy with eps = ${figures(classic.epsilon)} and delta = ${deltaText(delta)} if batches are Poisson-sampled.`,
    `The optimal RDP order is ${classic.optimalOrder}.`,
    '',
    ...rows.map(([epsilon, when]) => `eps = ${figures(epsilon).padEnd(width)}  ${when}`),
    '',
    'Poisson sampling: each example joins each batch independently, with the sampling rate as its probability.',
    'If batches are shuffled instead, only the last value holds.',
  ];
  if (improved.optimalOrder === DEFAULT_ORDERS[0] || improved.optimalOrder === DEFAULT_ORDERS.at(-1)) {
    lines.push(
      `The optimal order is at an end of those tried (${improved.optimalOrder}): other orders might give a smaller eps.`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Three significant figures; an exponent only for numbers from a million on. */
function figures(epsilon: number): string {
  if (epsilon < 1000) return epsilon.toPrecision(3);
  return epsilon < 1e6 ? epsilon.toFixed(0) : epsilon.toExponential(2);
}
