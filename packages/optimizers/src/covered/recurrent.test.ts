import {beforeAll, describe, expect, test} from '@jest/globals';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {ensureTrainingKernels} from '@dp/kernels/on-demand';

import {errorAgainstLoop, modelError, modelOf, squaredLoss, type Layer} from '../testing/coverage.js';
import {variablesOf} from '../testing/models.js';
import {normalTensor} from '../testing/tensors.js';

const recurrentInitializer = 'glorotUniform';

describe.each(['cpu', 'wasm'])('recurrent layers on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    ensureTrainingKernels();
  });

  const stacks: Record<string, () => Layer[]> = {
    SimpleRNN: () => [layers.simpleRNN({units: 3, recurrentInitializer})],
    'SimpleRNN, every step': () => [
      layers.simpleRNN({units: 3, recurrentInitializer, returnSequences: true}),
    ],
    GRU: () => [layers.gru({units: 3, recurrentInitializer})],
    'GRU, backwards, every step': () => [
      layers.gru({units: 3, recurrentInitializer, returnSequences: true, goBackwards: true}),
    ],
    LSTM: () => [layers.lstm({units: 3, recurrentInitializer})],
    'LSTM, the other implementation': () => [
      layers.lstm({
        units: 3,
        recurrentInitializer,
        recurrentActivation: 'sigmoid',
        implementation: 2,
        unitForgetBias: true,
      }),
    ],
    'stacked LSTM and GRU, then a dense layer at every step': () => [
      layers.lstm({units: 3, recurrentInitializer, returnSequences: true}),
      layers.gru({units: 4, recurrentInitializer, returnSequences: true}),
      layers.timeDistributed({layer: layers.dense({units: 2})}),
    ],
    'one layer of stacked cells': () => [
      layers.rnn({
        cell: [
          layers.lstmCell({units: 3, recurrentInitializer}),
          layers.gruCell({units: 2, recurrentInitializer}),
          layers.simpleRNNCell({units: 3, recurrentInitializer}),
        ],
      }),
    ],
    ...Object.fromEntries(
      (['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode) => [
        `bidirectional LSTM, ${mergeMode}`,
        () => [
          layers.bidirectional({
            layer: layers.lstm({units: 3, recurrentInitializer, returnSequences: mergeMode !== 'sum'}),
            mergeMode,
          }),
        ],
      ]),
    ),
  };

  // As many examples as steps, features and units once; one example; and other sizes.
  describe.each(Object.entries(stacks))('%s', (_, stack) => {
    test.each([
      [3, 3, 3],
      [1, 2, 4],
      [4, 5, 2],
    ])('equals reruns on %i examples of %i steps and %i features', (examples, steps, features) => {
      const model = modelOf([steps, features], stack());
      expect(modelError(model, normalTensor([examples, steps, features], 2))).toBeLessThan(1e-5);
      model.dispose();
    });
  });

  test('dropout of inputs and of states equals the one-hot loop on the same masks', () => {
    for (const layer of [
      layers.lstm({units: 3, recurrentInitializer, dropout: 0.4, recurrentDropout: 0.3}),
      layers.gru({units: 3, recurrentInitializer, dropout: 0.4, recurrentDropout: 0.3}),
      layers.simpleRNN({units: 3, recurrentInitializer, dropout: 0.4, recurrentDropout: 0.3}),
    ]) {
      const model = modelOf([4, 3], [layer]);
      const x = normalTensor([3, 4, 3], 3);
      const y = normalTensor([3, 3], 4);
      const lossFn = () => squaredLoss(y, model.apply(x, {training: true}) as tf.Tensor);
      expect(errorAgainstLoop(lossFn, variablesOf(model))).toBeLessThan(1e-5);
      model.dispose();
    }
  });

  test('masked sequences equal reruns', () => {
    const model = modelOf(
      [5],
      [
        layers.embedding({inputDim: 4, outputDim: 3, maskZero: true}),
        layers.lstm({units: 3, recurrentInitializer, returnSequences: true}),
        layers.gru({units: 2, recurrentInitializer}),
      ],
    );
    const x = tf.tensor2d([1, 2, 3, 0, 0, 3, 3, 1, 2, 1, 2, 0, 0, 0, 0], [3, 5]);
    expect(modelError(model, x)).toBeLessThan(1e-5);
    model.dispose();
  });

  test('ConvLSTM equals reruns', () => {
    const model = modelOf(
      [2, 4, 4, 2],
      [layers.convLstm2d({filters: 2, kernelSize: 2, recurrentInitializer, padding: 'same'})],
    );
    expect(modelError(model, normalTensor([3, 2, 4, 4, 2], 5))).toBeLessThan(1e-5);
    model.dispose();
  });
});
