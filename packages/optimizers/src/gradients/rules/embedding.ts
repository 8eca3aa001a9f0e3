import * as tf from '@tensorflow/tfjs-core';

import {exampleRows} from './rows.js';
import {nodeInput, passOn, refuse, savedTensor, type ParameterRule} from './rule.js';

/** Rows of a table that is a parameter: the gradient of example i adds dy_i to the rows that it looked up. */
export const gatherRule: ParameterRule = (site) => {
  const table = nodeInput(site, 'x');
  const indices = nodeInput(site, 'indices');
  const parameter = site.parameter(table);
  if (parameter === undefined) return {contributions: [], gradients: passOn(site)};
  const {attrs} = site.call;
  const label = site.label(indices);
  if (label.kind !== 'batch' || (attrs['batchDims'] ?? 0) !== 0)
    throw refuse(site, parameter, 'the indices are not those of the examples');
  if ((attrs['axis'] ?? 0) !== 0)
    throw refuse(
      site,
      parameter,
      `the table is indexed along axis ${String(attrs['axis'])}; put that axis first`,
    );
  if (parameter.shape.some((size, axis) => size !== table.shape[axis]))
    throw refuse(site, parameter, 'the table was tiled');
  const [rows = 0] = table.shape;
  const {batchSize, outputLabel} = site;
  const looked = exampleRows(savedTensor(site, 1), label, batchSize, 1);
  return {
    contributions: [
      [
        parameter,
        {
          kind: 'embedding',
          indices: tf.reshape(looked, [batchSize, -1]),
          dy: exampleRows(site.dy, outputLabel, batchSize, table.size / rows),
          rows,
        },
      ],
    ],
    gradients: [],
  };
};
