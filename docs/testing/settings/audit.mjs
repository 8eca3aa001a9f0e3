// The README of @dp/audit: a reader's own names; what its block exports is then audited.
import {auditLedger, auditSensitivity} from '@dp/audit';

export default function setting({tf, model, x, y}) {
  const [learningRate, l2NormClip, noiseMultiplier, numMicrobatches] = [0.1, 1, 1.1, 32];
  return {
    buildModel: () => model,
    lossPerExample: (y, p) => tf.neg(tf.sum(tf.mul(y, tf.log(p)), 1)),
    ...{learningRate, l2NormClip, noiseMultiplier, numMicrobatches, expectedBatchSize: numMicrobatches},
    x: tf.slice(x, 0, 8),
    y: tf.slice(y, 0, 8),
  };
}

export function checkExports(subject) {
  const failed = [auditSensitivity(subject), auditLedger(subject)].flat().filter(({passed}) => !passed);
  if (failed.length > 0) throw new Error(`audits failed: ${JSON.stringify(failed)}`);
}
