import {
  combinePositional,
  equalRows,
  isBatch,
  mixing,
  ownRows,
  type BatchLabel,
  type Label,
  type Mixing,
} from '../labels.js';
import {
  inputNamed,
  onExamplesByPosition,
  sameRule,
  type BatchInput,
  type RuleSite,
  type RuleTable,
  type SeparationRule,
} from './rule.js';

/** Images must lie along axis 0, where no window slides. */
function imagesFirst({label}: BatchInput): Label | Mixing {
  return label.axis === 0 ? label : mixing(`it slides over axis ${label.axis}, which holds the examples`);
}

/** A convolution (or a transposed one) of images `operand` with a filter that is shared. */
const convolution =
  (operand: 'x' | 'dy'): SeparationRule =>
  (site) => {
    const images = inputNamed(site, operand);
    if (isBatch(inputNamed(site, 'filter'))) return mixing('its filter depends on the examples');
    if (!isBatch(images)) {
      const label = combinePositional(site.inputs);
      const {output, batchSize} = site;
      return label.kind === 'parameter'
        ? (equalRows(images, 0, output, {axis: 0, batchSize}) ?? label)
        : label;
    }
    const label = imagesFirst(images);
    return label.kind === 'batch' ? additions(site, label) : label;
  };

/** The optional bias and PReLU slopes of a fused kernel meet the result element by element. */
export function additions(site: RuleSite, label: BatchLabel): Label | Mixing {
  for (const name of ['bias', 'preluActivationWeights']) {
    const extra = site.inputs.find((input) => input.name === name);
    if (extra === undefined) continue;
    if (isBatch(extra)) return mixing(`its ${name} depends on the examples`);
    const tied = ownRows(extra, label.axis - (site.output.rank - extra.tensor.rank));
    if (tied !== undefined) return tied;
  }
  return label;
}

const window = onExamplesByPosition(imagesFirst);

/** Local response normalisation joins neighbouring channels, the last axis. */
const channels = onExamplesByPosition(({tensor, label}) =>
  label.axis === tensor.rank - 1
    ? mixing(`it joins neighbours on axis ${label.axis}, which holds the examples`)
    : label,
);

/** Sliding windows and rearrangements of space. */
export const windowRules: RuleTable = {
  ...sameRule(
    ['Conv2D', 'Conv3D', 'DepthwiseConv2dNative', 'FusedConv2D', 'FusedDepthwiseConv2D'],
    convolution('x'),
  ),
  // Conv3DBackpropInputV2 has none: tf.js has no gradient of it, and the stock wasm kernel reads unused memory.
  Conv2DBackpropInput: convolution('dy'),
  ...sameRule(['AvgPool', 'AvgPool3D', 'MaxPool', 'MaxPool3D'], window),
  ...sameRule(['DepthToSpace', 'ResizeBilinear', 'ResizeNearestNeighbor'], window),
  LRN: channels,
};
