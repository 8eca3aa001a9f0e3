import * as tf from '@tensorflow/tfjs-core';
import {models, type LayersModel} from '@tensorflow/tfjs-layers';
import {pieceSum} from '@dp/optimizers';

import {compiledOf, trainableVariables} from '../layers/compiled.js';
import {MeanMetrics} from '../step/mean_metrics.js';
import {TrainPiece} from '../step/train_piece.js';
import type {FromWorker, ModelRecipe, SumRequest, ToWorker, WorkerStart} from './protocol.js';
import {views} from './memory.js';
import {nodeProcess} from './node_process.js';
import {receivedPiece} from './tensors.js';
import {listen} from './worker_port.js';

/** What runs in a thread: the model is rebuilt once; each request reads the weights, sums a share of a batch, and answers. */
interface Summing {
  readonly sum: (request: SumRequest) => FromWorker;
  readonly sizes: readonly number[];
}

let summing: Summing | undefined;

listen(async (message) => {
  try {
    return await answer(message as ToWorker);
  } catch (error) {
    return {kind: 'failed', message: error instanceof Error ? error.message : String(error)};
  }
});

async function answer(message: ToWorker): Promise<FromWorker> {
  if (message.kind === 'start') {
    summing = await start(message);
    return {kind: 'ready', sizes: summing.sizes};
  }
  if (summing === undefined) throw new Error('a batch came before the model');
  return summing.sum(message);
}

async function start({recipe, backend, modules, ...shared}: WorkerStart): Promise<Summing> {
  // In a browser the module that imports this one has imported it.
  const backends = isRegistered(backend) ? [] : [backendModule(backend)];
  for (const module of [...backends, ...modules]) await import(/* @vite-ignore */ module);
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} backend could not be started`);
  const model = await rebuild(recipe);
  const compiled = compiledOf(model);
  const variables = trainableVariables(model);
  const numWeights = variables.reduce((total, {size}) => total + size, 0);
  // Not shared: it is sent with each answer.
  const own = shared.sums ? undefined : new ArrayBuffer(numWeights * Float64Array.BYTES_PER_ELEMENT);
  const sums = views(Float64Array, shared.sums ?? (own as ArrayBuffer), variables);

  const sum = ({pieces, clipping, weights}: SumRequest): FromWorker => {
    const begin = performance.now();
    assign(variables, weights ?? shared.weights);
    for (const units of sums) units.fill(0);
    const metrics = new MeanMetrics(compiled);
    let [batchSize, lossSum, belowClip] = [0, 0, 0];
    let grid: number | undefined;
    for (const each of pieces) {
      const piece = new TrainPiece(model, compiled, receivedPiece(each));
      try {
        const part = pieceSum(piece, variables, clipping);
        piece.addMetrics(metrics);
        addTo(sums, part.units);
        grid = part.grid;
        batchSize += part.batchSize;
        lossSum += part.lossSum;
        belowClip += part.belowClip;
      } finally {
        piece.dispose();
      }
    }
    const {sums: metricSums, seen} = metrics;
    const milliseconds = performance.now() - begin;
    return {
      kind: 'summed',
      batchSize,
      grid,
      lossSum,
      belowClip,
      metrics: {sums: metricSums, seen},
      milliseconds,
      sums: own,
    };
  };
  return {sum, sizes: variables.map(({size}) => size)};
}

/** Copies the weights of the step. */
function assign(variables: readonly tf.Variable[], weights: ArrayBufferLike | undefined): void {
  if (weights === undefined) throw new Error('a batch came without weights');
  views(Float32Array, weights, variables).forEach((values, v) => {
    const variable = variables[v] as tf.Variable;
    const value = tf.tensor(Float32Array.from(values), variable.shape);
    variable.assign(value);
    value.dispose();
  });
}

/** Integers on one grid: exact in any order. */
function addTo(sums: readonly Float64Array[], parts: readonly Float64Array[]): void {
  sums.forEach((sum, v) => {
    const part = parts[v] ?? new Float64Array();
    for (let i = 0; i < part.length; i++) sum[i] = (sum[i] as number) + (part[i] as number);
  });
}

async function rebuild({topology, loss, metrics}: ModelRecipe): Promise<LayersModel> {
  const model = await models.modelFromJSON(
    JSON.parse(topology) as Parameters<typeof models.modelFromJSON>[0],
  );
  type CompileArgs = Parameters<LayersModel['compile']>[0];
  const args = {optimizer: 'sgd', loss: await lossOf(loss), ...(metrics !== undefined && {metrics})};
  model.compile(args as CompileArgs);
  return model;
}

async function lossOf(loss: ModelRecipe['loss']): Promise<unknown> {
  if ('names' in loss) return loss.names;
  const {module, name} = loss.from;
  const exported = (await import(/* @vite-ignore */ module)) as Readonly<Record<string, unknown>>;
  if (typeof exported[name] === 'function') return exported[name];
  throw new TypeError(
    `the module ${module} exports no function '${name}'; it exports ${Object.keys(exported).join(', ') || 'nothing'}`,
  );
}

/** tf.js's types say that there always is one. */
function isRegistered(backend: string): boolean {
  return typeof (tf.findBackendFactory(backend) as unknown) === 'function';
}

function backendModule(backend: string): string {
  if (nodeProcess === undefined) {
    throw new Error(
      `its module must import the ${backend} backend, as the page does, beside @dp/keras/worker: a browser's worker can't look for it`,
    );
  }
  if (backend === 'wasm') return '@dp/kernels';
  return backend === 'tensorflow' ? '@tensorflow/tfjs-node' : `@tensorflow/tfjs-backend-${backend}`;
}
