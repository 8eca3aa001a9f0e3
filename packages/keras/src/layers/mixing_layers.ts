import type {layers, LayersModel} from '@tensorflow/tfjs-layers';
import {DpError} from '@dp/optimizers';

type Layer = layers.Layer;

/** Layers that let one example of a batch touch another: by class, what to use instead. */
const MIXING: Readonly<Record<string, string>> = {
  BatchNormalization: 'await replaceBatchNorm(model) gives the same model with layer normalisation',
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
