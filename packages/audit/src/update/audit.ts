import {Ledger, type DrawnBatch, type PrivateOptimizer} from '@dp/optimizers';
import {seededSource} from '@dp/random';
import * as tf from '@tensorflow/tfjs-core';

import {atMost, type AuditResult} from '../result.js';
import {batchOf, recordsOf} from '../subject/records.js';
import type {AuditSubject} from '../subject/subject.js';

const STEPS = 3;
const SEED = 1;

/**
 * Whether weights move by what was released alone: the same steps are made by an optimizer that sees the examples, and by one that is
 * given nothing but the released gradients (drawn once more with the same seeded noise), and must end in the same bits. Moments or
 * averages of gradients without noise would show. Chance plays no part; the weights are put back.
 */
export function auditUpdate(subject: AuditSubject): AuditResult {
  const {variables} = subject;
  const make = (): PrivateOptimizer =>
    subject.optimizer({ledger: new Ledger(), randomSource: seededSource(SEED)});
  const [trained, released, given] = [make(), make(), make()];
  const start = valuesOf(variables);
  const records = recordsOf(subject.records);
  const {x, y} = batchOf(records, subject.records);
  let differing = 0;
  try {
    for (let step = 0; step < STEPS; step++) {
      const drawn: DrawnBatch = {
        id: `audit-update-${step}`,
        indices: Int32Array.from(records, (_, i) => i),
        sampling: {kind: 'unknown'},
      };
      const pieces = [{lossFn: () => subject.losses(x, y), batch: [x, y]}];
      const before = valuesOf(variables);
      trained.minimizePieces(drawn, pieces, {varList: [...variables]}).dispose();
      const after = valuesOf(variables);
      assign(variables, before);
      const {value, grads} = released.computeDrawn(drawn, pieces, {varList: [...variables]});
      released.applyGradients(grads);
      assign(variables, before);
      given.applyGradients(grads);
      tf.dispose([value, grads]);
      valuesOf(variables).forEach((own, v) => {
        const expected = after[v] as Float32Array;
        differing += own.reduce((count, weight, i) => count + Number(!Object.is(weight, expected[i])), 0);
      });
      assign(variables, after);
    }
  } finally {
    assign(variables, start);
    tf.dispose([x, y]);
    for (const optimizer of [trained, released, given]) optimizer.dispose();
  }
  return atMost({
    name: 'update: released gradients alone',
    claim: 'weights move by what was released, and by nothing else that the optimizer saw',
    measured: differing,
    bound: 0,
    detail: `${differing} weights differ after ${STEPS} steps from those of an optimizer that saw no example`,
  });
}

function valuesOf(variables: readonly tf.Variable[]): Float32Array[] {
  return variables.map((variable) => variable.dataSync<'float32'>().slice());
}

function assign(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  variables.forEach((variable, v) => {
    const tensor = tf.tensor(values[v] as Float32Array, variable.shape);
    variable.assign(tensor);
    tensor.dispose();
  });
}
