import {
  engine,
  getBackend,
  getKernel,
  reverse,
  serialization,
  slice,
  squeeze,
  tidy,
  type KernelConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';
import {GRU_SEQUENCE} from '../training/gru.js';
import {LSTM_SEQUENCE} from '../training/lstm.js';

/** What is touched of tfjs-layers 4.22's LSTM and GRU layers. */
interface RecurrentLayer {
  readonly cell: {
    readonly kernel: Weight;
    readonly recurrentKernel: Weight;
    readonly bias: Weight | null | undefined;
    readonly activation: Activation;
    readonly recurrentActivation: Activation;
    readonly dropout: number;
    readonly recurrentDropout: number;
  };
  readonly stateful: boolean;
  readonly returnState: boolean;
  readonly returnSequences: boolean;
  readonly goBackwards: boolean;
}

interface Weight {
  read(): Tensor;
}

interface Activation {
  getClassName(): string;
}

type Arguments = {
  readonly mask?: unknown;
  readonly initialState?: unknown;
  readonly training?: unknown;
} | null;

type Call = (this: RecurrentLayer, inputs: Tensor | Tensor[], kwargs: Arguments) => Tensor | Tensor[];

/** Gates that the kernel has, and whether they are the hard ones. */
const GATES: Readonly<Record<string, boolean | undefined>> = {sigmoid: false, hardSigmoid: true};

/** Marks our method, also that of another copy of this package. */
const OURS = Symbol.for('@dp/kernels');

/** Layers that run as one kernel, by class name. */
const KERNELS = {LSTM: LSTM_SEQUENCE, GRU: GRU_SEQUENCE};

/**
 * Makes tf.js's LSTM and GRU layers run as one kernel on the wasm backend, where they are of the kind that it covers.
 * tfjs-layers is found, if it has been loaded, by the classes that it has registered. Idempotent.
 */
export function fuseRecurrentLayers(): void {
  const classes = serialization.SerializationMap.getMap().classNameMap;
  for (const [className, kernelName] of Object.entries(KERNELS)) {
    const [layer] = (classes[className] ?? []) as readonly ({readonly prototype: {call: Call}} | undefined)[];
    if (layer === undefined || OURS in layer.prototype.call) continue;
    const stock = layer.prototype.call;
    const call: Call = function (inputs, kwargs) {
      return fused(kernelName, this, inputs, kwargs) ?? stock.call(this, inputs, kwargs);
    };
    layer.prototype.call = Object.assign(call, {[OURS]: true});
  }
}

/** The layer's output [B, T, H], or [B, H] of the last step; undefined where the kernel does not cover it. */
function fused(
  kernelName: string,
  layer: RecurrentLayer,
  inputs: Tensor | Tensor[],
  kwargs: Arguments,
): Tensor | undefined {
  const [x, ...more] = Array.isArray(inputs) ? inputs : [inputs];
  const hard = GATES[layer.cell.recurrentActivation.getClassName()];
  if (x === undefined || more.length > 0 || hard === undefined || !isCovered(kernelName, layer, x, kwargs))
    return undefined;
  const {cell, goBackwards, returnSequences} = layer;
  return tidy(() => {
    const bias = cell.bias?.read();
    const tensors = {
      x: goBackwards ? reverse(x, 1) : x,
      kernel: cell.kernel.read(),
      recurrentKernel: cell.recurrentKernel.read(),
      ...(bias && {bias}),
    };
    const [out] = engine().runKernel<[Tensor, Tensor, Tensor]>(kernelName, tensors, {
      hard,
    });
    if (returnSequences) return out;
    const [batch, steps, units] = out.shape as [number, number, number];
    return squeeze(slice(out, [0, steps - 1, 0], [batch, 1, units]), [1]);
  });
}

function isCovered(
  kernelName: string,
  {cell, stateful, returnState}: RecurrentLayer,
  {shape, dtype}: Tensor,
  kwargs: Arguments,
): boolean {
  const drops = kwargs?.training === true && (cell.dropout > 0 || cell.recurrentDropout > 0);
  const plain = !stateful && !returnState && !drops && kwargs?.mask == null && kwargs?.initialState == null;
  return (
    plain &&
    dtype === 'float32' &&
    shape.length === 3 &&
    shape.every((size) => size > 0) &&
    cell.activation.getClassName() === 'tanh' &&
    getBackend() === 'wasm' &&
    (getKernel(kernelName, 'wasm') as KernelConfig | undefined) !== undefined
  );
}
