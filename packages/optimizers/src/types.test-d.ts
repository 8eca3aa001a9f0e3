// Checked by `npm run typecheck` and never run: what the types allow, and what they refuse.
import * as tf from '@tensorflow/tfjs-core';

import {
  adaptive,
  cosineDecay,
  dpAdam,
  dpFTRL,
  dpMomentum,
  dpSGD,
  DpError,
  ema,
  gradientTape,
  perLayer,
  privacyReport,
  privacySpent,
  privatize,
  type DpErrorCode,
  type Ledger,
  type LedgerRow,
  type PrivacyOptions,
  type PrivateOptimizer,
} from './index.js';

const privacy: PrivacyOptions = {l2NormClip: 1, noiseMultiplier: 1.1, numMicrobatches: 256};

// Every optimizer is one of tf.js, and a private one.
const stock: tf.Optimizer = dpSGD({learningRate: 0.1, ...privacy});
const ours: PrivateOptimizer = privatize(tf.train.adadelta(1), privacy);
const ledger: Ledger = ours.ledger;

// Options are documented, and nothing else is taken.
dpAdam({...privacy, beta1: 0.9, clipping: perLayer(), averaging: ema({decay: 0.99})});
dpMomentum({...privacy, learningRate: cosineDecay({initialValue: 1, decaySteps: 10}), useNesterov: true});
dpSGD({...privacy, learningRate: (step) => 1 / (1 + step), noiseMultiplier: (step) => 1 + step});
dpSGD({learningRate: 0.1, ...privacy, clipping: adaptive({targetQuantile: 0.5, countNoise: 10}), ledger});
// @ts-expect-error -- learningRate has no default.
dpSGD(privacy);
// @ts-expect-error -- a name of another library.
dpSGD({learningRate: 0.1, ...privacy, maxGradNorm: 1});
// @ts-expect-error -- the tree's length decides the noise.
dpFTRL({learningRate: 0.1, ...privacy});
// @ts-expect-error -- a schedule would undo the noise's cancelling.
dpFTRL({learningRate: () => 0.1, stepsPerTree: 10, ...privacy});
// @ts-expect-error -- no such clipping.
dpSGD({learningRate: 0.1, ...privacy, clipping: 'global'});

// Epsilon is asked for with delta, and participation is declared whole.
const epsilon: number = privacySpent(ledger, {delta: 1e-5}).epsilon;
privacyReport(ours, {delta: 1e-5, declared: {numExamples: 10, batchSize: 1, oncePerEpoch: true}});
// @ts-expect-error -- no delta.
privacySpent(ledger, {});
// @ts-expect-error -- only once an epoch can be declared.
privacySpent(ledger, {delta: 1e-5, declared: {numExamples: 10, batchSize: 1, oncePerEpoch: false}});

// A ledger is read, and never written but by releases.
const rows: readonly LedgerRow[] = ledger.rows;
// @ts-expect-error -- rows are append-only.
ledger.rows = [];
// @ts-expect-error -- and frozen.
if (rows[0]) rows[0].noiseMultiplier = 9;

// Errors have codes of a closed set.
const code: DpErrorCode = new DpError('LEDGER_CORRUPT', '').code;
// @ts-expect-error -- no such code.
new DpError('OOPS', '');

// A tape takes private optimizers alone.
const tape = gradientTape(() => tf.tensor1d([1]), []);
const gradients: tf.NamedTensorMap = tape.gradients(ours);
// @ts-expect-error -- a name makes nothing private.
tape.gradients('adam');

export const used = [stock, epsilon, code, gradients];
