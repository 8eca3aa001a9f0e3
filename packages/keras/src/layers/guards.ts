import type {layers, LayersModel} from '@tensorflow/tfjs-layers';
import {DpError, type PrivacySpent} from '@dp/optimizers';

type Layer = layers.Layer;

/** Layers that let one example of a batch touch another: by class, what to use instead. */
const MIXING: Readonly<Record<string, string>> = {
  BatchNormalization: 'replaceBatchNorm(model) gives the same model with layer normalisation',
};

/**
 * Refuses layers that mix the examples of a batch before anything is trained. The proof of separation on the recorded graph
 * would refuse them too, and holds for all others.
 *
 * @throws DpError MIXES_EXAMPLES, naming them and what to use instead.
 */
export function checkLayers(model: LayersModel): void {
  for (const layer of layersOf(model)) {
    const className = layer.getClassName();
    const remedy =
      MIXING[className] ??
      ((layer as {stateful?: boolean}).stateful === true ? 'use stateful: false' : undefined);
    if (remedy === undefined) continue;
    throw new DpError(
      'MIXES_EXAMPLES',
      `layer '${layer.name}' (${className}) computes with other examples than an example's own, so that no clipping bounds what one can do: ${remedy}`,
    );
  }
}

function layersOf(model: LayersModel): Layer[] {
  return model.layers.flatMap((layer) =>
    'layers' in layer ? layersOf(layer as unknown as LayersModel) : [layer],
  );
}

const said = new Set<string>();

/** Warns once a process about each matter. */
export function warnOnce(matter: string, words: string): void {
  if (said.has(matter)) return;
  said.add(matter);
  console.warn(words);
}

/** Below this an attacker tells most members from others. */
const LEAST_NOISE = 0.3;
const MOST_EPSILON = 10;

/** Warns about noise that protects hardly anybody. */
export function warnOfNoise(noiseMultiplier: number): void {
  if (noiseMultiplier >= LEAST_NOISE) return;
  warnOnce(
    'noise',
    `noiseMultiplier is ${noiseMultiplier}: below ${LEAST_NOISE} the noise hides hardly anything of a single example. ` +
      'Larger batches allow more of it at the same accuracy.',
  );
}

/** Warns about an epsilon that promises hardly anything. */
export function warnOfEpsilon({epsilon, delta}: PrivacySpent): void {
  if (epsilon <= MOST_EPSILON) return;
  warnOnce(
    'epsilon',
    `epsilon is ${Number.isFinite(epsilon) ? epsilon.toPrecision(3) : epsilon} at delta ${delta}: above ${MOST_EPSILON} the guarantee rules out hardly any attack. ` +
      'Train fewer epochs, with more noise or more data, or do not call the model private.',
  );
}
