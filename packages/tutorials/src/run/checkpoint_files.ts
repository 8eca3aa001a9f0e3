import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {UsageError} from '../usage_error.js';
import {sha256, writeDurably} from './durable_file.js';

/** The SHA-256 of each file of a checkpoint, by name. */
export type Sums = Readonly<Record<string, string>>;

/** A tensor with its name, as tf.js's optimizers keep their weights. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

interface Manifest {
  readonly weightsManifest: readonly {readonly weights: tf.io.WeightsManifestEntry[]}[];
}

/** `model.json` and `model.bin`, for `tf.loadLayersModel`. */
export async function writeModel(folder: string, model: LayersModel): Promise<Sums> {
  let sums: Sums = {};
  await model.save(
    tf.io.withSaveHandler(({weightData, weightSpecs = [], ...topology}) => {
      const data = tf.io.CompositeArrayBuffer.join(weightData);
      sums = write(folder, 'model', topology, weightSpecs, data);
      return Promise.resolve({
        modelArtifactsInfo: {
          dateSaved: new Date(),
          modelTopologyType: 'JSON',
          weightDataBytes: data.byteLength,
        },
      });
    }),
  );
  return sums;
}

/** `optimizer.json` and `optimizer.bin`: its slots and its number of steps. */
export async function writeOptimizer(folder: string, optimizer: tf.Optimizer): Promise<Sums> {
  const weights = await optimizer.getWeights();
  const {data, specs} = await tf.io.encodeWeights(weights);
  const sums = write(folder, 'optimizer', {}, specs, data);
  // The slots are the optimizer's own; the number of steps was made for this call.
  weights.filter(({name}) => name === 'iter').forEach(({tensor}) => tensor.dispose());
  return sums;
}

/**
 * What `writeModel` or `writeOptimizer` wrote, in its order. The caller disposes it.
 *
 * @param sums - Undefined for a run of a version that kept none.
 * @throws UsageError for files that are missing, or were changed or cut.
 */
export function readWeights(
  folder: string,
  name: 'model' | 'optimizer',
  sums: Sums | undefined,
): NamedTensor[] {
  const [json, bytes] = [`${name}.json`, `${name}.bin`].map((file) => readWhole(folder, file, sums)) as [
    Buffer,
    Buffer,
  ];
  const data = new Uint8Array(bytes).buffer;
  let specs: tf.io.WeightsManifestEntry[];
  let tensors: Readonly<Record<string, tf.Tensor>>;
  try {
    const {weightsManifest} = JSON.parse(json.toString('utf8')) as Manifest;
    specs = weightsManifest.flatMap(({weights}) => weights);
    tensors = tf.io.decodeWeights(data, specs);
  } catch (cause) {
    throw new UsageError(`${join(folder, `${name}.json`)} does not describe its weights. ${REMEDY}`, {cause});
  }
  return specs.flatMap((spec) => {
    const tensor = tensors[spec.name];
    return tensor === undefined ? [] : [{name: spec.name, tensor}];
  });
}

const REMEDY = 'Put the original back, or name a new folder with --model_dir';

function readWhole(folder: string, file: string, sums: Sums | undefined): Buffer {
  const path = join(folder, file);
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path} of the checkpoint cannot be read. ${REMEDY}`, {cause: error});
  }
  if (sums !== undefined && sums[file] !== sha256(content))
    throw new UsageError(`${path} was changed or cut since the checkpoint was made. ${REMEDY}`);
  return content;
}

function write(
  folder: string,
  name: string,
  content: object,
  weights: readonly tf.io.WeightsManifestEntry[],
  data: ArrayBuffer,
): Sums {
  const manifest = [{paths: [`${name}.bin`], weights}];
  return {
    [`${name}.bin`]: writeDurably(join(folder, `${name}.bin`), new Uint8Array(data)),
    [`${name}.json`]: writeDurably(
      join(folder, `${name}.json`),
      `${JSON.stringify({...content, weightsManifest: manifest})}\n`,
    ),
  };
}
