import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

/** A tensor with its name, as tf.js's optimizers keep their weights. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

interface Manifest {
  readonly weightsManifest: readonly {readonly weights: tf.io.WeightsManifestEntry[]}[];
}

/** `model.json` and `model.bin`, for `tf.loadLayersModel`. */
export async function writeModel(folder: string, model: LayersModel): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(({weightData, weightSpecs = [], ...topology}) => {
      const data = tf.io.CompositeArrayBuffer.join(weightData);
      write(folder, 'model', topology, weightSpecs, data);
      return Promise.resolve({
        modelArtifactsInfo: {
          dateSaved: new Date(),
          modelTopologyType: 'JSON',
          weightDataBytes: data.byteLength,
        },
      });
    }),
  );
}

/** `optimizer.json` and `optimizer.bin`: its slots and its number of steps. */
export async function writeOptimizer(folder: string, optimizer: tf.Optimizer): Promise<void> {
  const weights = await optimizer.getWeights();
  const {data, specs} = await tf.io.encodeWeights(weights);
  write(folder, 'optimizer', {}, specs, data);
  // The slots are the optimizer's own; the number of steps was made for this call.
  weights.filter(({name}) => name === 'iter').forEach(({tensor}) => tensor.dispose());
}

/** What `writeModel` or `writeOptimizer` wrote, in its order. The caller disposes it. */
export function readWeights(folder: string, name: 'model' | 'optimizer'): NamedTensor[] {
  const {weightsManifest} = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Manifest;
  const specs = weightsManifest.flatMap(({weights}) => weights);
  const bytes = readFileSync(join(folder, `${name}.bin`));
  const data = new Uint8Array(bytes).buffer;
  const tensors = tf.io.decodeWeights(data, specs);
  return specs.flatMap((spec) => {
    const tensor = tensors[spec.name];
    return tensor === undefined ? [] : [{name: spec.name, tensor}];
  });
}

function write(
  folder: string,
  name: string,
  content: object,
  weights: readonly tf.io.WeightsManifestEntry[],
  data: ArrayBuffer,
): void {
  writeFileSync(join(folder, `${name}.bin`), new Uint8Array(data));
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({...content, weightsManifest: [{paths: [`${name}.bin`], weights}]})}\n`,
  );
}
