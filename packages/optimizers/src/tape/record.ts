import * as tf from '@tensorflow/tfjs-core';

import {DpError} from '../errors.js';
import {
  engineInternals,
  keepAlias,
  withShadows,
  type EngineInternals,
  type KernelAttributes,
  type TapeNode,
} from './engine.js';
import {withExactGradients} from './exact_gradients.js';
import {gradientText, trustedGradients} from './trusted_gradients.js';

/** One kernel that ran while the loss was computed: the unit on which the separation of examples is proved. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: readonly (readonly [name: string, tensor: tf.Tensor])[];
  readonly attrs: KernelAttributes;
  readonly outputs: readonly tf.Tensor[];
  /** Names of the enclosing tf.js scopes, outermost first, such as `dropout__op`. */
  readonly scopes: readonly string[];
}

/** A tensor that the closure made from JavaScript values. */
export interface InsideLeaf {
  readonly tensor: tf.Tensor;
  readonly values: ArrayLike<unknown>;
  /** A mask or noise drawn afresh by tf.js: not one of a fixed seed, which would be a function of position. */
  readonly isFreshMask: boolean;
}

/** What ran, in order, while the loss was computed. Tensors may be disposed; their ids, shapes and saved copies are not. */
export interface Recording {
  /** What the closure returned. Sensitive: computed from the batch. */
  readonly value: tf.Tensor;
  readonly nodes: readonly TapeNode[];
  readonly calls: readonly KernelCall[];
  /** The call that made each tensor, by tensor id. */
  readonly producers: ReadonlyMap<number, KernelCall>;
  readonly insideLeaves: ReadonlyMap<number, InsideLeaf>;
  /** Live handles on tensors that were reduced to a scalar, by tensor id: one of them is the loss vector. */
  readonly reduced: ReadonlyMap<number, tf.Tensor>;
  /** Disposes everything that was held for the backward pass. */
  dispose(): void;
}

// eslint-disable-next-line no-restricted-properties -- watched, not used: what tf.js draws carries no claim.
const mathRandom = Math.random;

/** Scopes inside of which only tf.js's own code runs. */
const RANDOM_OPERATIONS = new Set([
  'dropout__op',
  'randomNormal__op',
  'randomStandardNormal__op',
  'randomUniform__op',
  'truncatedNormal__op',
]);

/**
 * Runs `lossFn` once under tf.js's tape and records every kernel call.
 * Side doors are shut while it runs (privacy rule S4): reading values that are not public, assigning variables,
 * and gradients written by hand, which could contradict the recorded graph.
 *
 * @throws DpError SIDE_DOOR, UNSUPPORTED.
 */
export function record(lossFn: () => tf.Tensor): Recording {
  const engine = engineInternals();
  if (engine.state.gradientDepth > 0) {
    throw new DpError(
      'UNSUPPORTED',
      'a private gradient was asked for inside another gradient; call minimize outside of tf.grad and tf.variableGrads',
    );
  }
  const trusted = trustedGradients();
  const calls: KernelCall[] = [];
  const producers = new Map<number, KernelCall>();
  const insideLeaves = new Map<number, InsideLeaf>();
  const reduced = new Map<number, tf.Tensor>();
  const publicData = new WeakSet();
  let insideTrusted = 0;
  // tf.js's random tensors ask Math.random for a seed unless they were given one; what else asks it is no mask.
  let randomCalls = 0;
  const inRandomOperation = (): boolean =>
    engine.state.scopeStack.some((scope) => RANDOM_OPERATIONS.has(scope.name));
  const variablesBefore = snapshotVariables(engine);

  const scopes = (): string[] => engine.state.scopeStack.map((scope) => scope.name);
  const original = {
    runKernel: engine.runKernel.bind(engine),
    makeTensor: engine.makeTensor.bind(engine),
    runKernelFunc: engine.runKernelFunc.bind(engine),
    customGrad: engine.customGrad.bind(engine),
    readSync: engine.readSync.bind(engine),
    read: engine.read.bind(engine),
    readToGPU: engine.readToGPU.bind(engine),
  };
  const mustBePublic = (dataId: object): void => {
    if (!publicData.has(dataId)) throw sideDoorRead(scopes());
  };

  let value: tf.Tensor | undefined;
  let nodes: TapeNode[] = [];
  const dispose = (): void => {
    for (const node of nodes) for (const tensor of node.saved ?? []) tensor.dispose();
    for (const tensor of reduced.values()) tensor.dispose();
    if (engine.state.gradientDepth === 0) engine.state.activeTape = null;
  };

  try {
    engine.startTape();
    try {
      value = withShadows(
        engine,
        {
          runKernel(kernel, inputs, attrs) {
            const result = original.runKernel(kernel, inputs, attrs);
            const call: KernelCall = {
              kernel,
              inputs: Object.entries(inputs).filter(
                (entry): entry is [string, tf.Tensor] => entry[1] != null,
              ),
              attrs: attrs ?? {},
              outputs: Array.isArray(result) ? result : [result],
              scopes: scopes(),
            };
            calls.push(call);
            const isPublic = call.inputs.every(([, tensor]) => publicData.has(tensor.dataId));
            for (const output of call.outputs) {
              producers.set(output.id, call);
              if (isPublic) publicData.add(output.dataId);
            }
            rememberReduced(engine, call, reduced);
            return result;
          },
          makeTensor(values, shape, dtype, backend) {
            const tensor = original.makeTensor(values, shape, dtype, backend);
            const isFreshMask = randomCalls > 0;
            randomCalls = 0;
            insideLeaves.set(tensor.id, {tensor, values: values as ArrayLike<unknown>, isFreshMask});
            publicData.add(tensor.dataId);
            return tensor;
          },
          customGrad(f) {
            const operation = original.customGrad(f);
            if (!trusted.has(gradientText(f))) return operation;
            return (...inputs) => {
              insideTrusted++;
              try {
                return operation(...inputs);
              } finally {
                insideTrusted--;
              }
            };
          },
          runKernelFunc(call) {
            // Checked here, not in customGrad, since the operation may have been made before the recording began.
            if (call.kernelName === undefined && insideTrusted === 0) throw handwrittenGradient(scopes());
            return original.runKernelFunc(call);
          },
          readSync(dataId) {
            mustBePublic(dataId);
            return original.readSync(dataId);
          },
          read(dataId) {
            mustBePublic(dataId);
            return original.read(dataId);
          },
          readToGPU(dataId, options) {
            mustBePublic(dataId);
            return original.readToGPU(dataId, options);
          },
        },
        () =>
          withShadows(
            tf.Variable.prototype as {assign: tf.Variable['assign']},
            {assign: refuseAssignment},
            () =>
              withShadows(
                Math,
                {random: () => ((randomCalls += Number(inRandomOperation())), mathRandom())},
                () => withExactGradients(() => engine.tidy('forward', lossFn)),
              ),
          ),
      );
    } finally {
      nodes = (engine.state.activeTape ?? []).map(withoutMissingInputs);
      engine.endTape();
    }
    if (!(value instanceof tf.Tensor)) {
      throw new DpError(
        'LOSS_FORM',
        'the loss function must return a tensor: the losses [B], or their scalar mean',
      );
    }
    checkUnassigned(engine, variablesBefore);
  } catch (error) {
    value?.dispose();
    dispose();
    throw error;
  }
  return {value, nodes, calls, producers, insideLeaves, reduced, dispose};
}

/** tf.js puts an optional input that was not given on the tape as nothing. */
function withoutMissingInputs(node: TapeNode): TapeNode {
  const given = Object.entries(node.inputs as Record<string, tf.Tensor | null | undefined>).filter(
    (entry): entry is [string, tf.Tensor] => entry[1] != null,
  );
  return {...node, inputs: Object.fromEntries(given)};
}

/** The loss vector is what a full Mean or Sum reduced; keep it alive, since its tidy may end before we need it. */
function rememberReduced(engine: EngineInternals, call: KernelCall, reduced: Map<number, tf.Tensor>): void {
  if (call.kernel !== 'Mean' && call.kernel !== 'Sum') return;
  const input = call.inputs[0]?.[1];
  if (input === undefined || input.rank === 0 || call.outputs[0]?.size !== 1 || reduced.has(input.id)) return;
  reduced.set(input.id, keepAlias(engine, input));
}

function snapshotVariables(engine: EngineInternals): Map<tf.Variable, object> {
  return new Map(
    Object.values(engine.state.registeredVariables).map((variable) => [variable, variable.dataId]),
  );
}

function checkUnassigned(engine: EngineInternals, before: ReadonlyMap<tf.Variable, object>): void {
  for (const variable of Object.values(engine.state.registeredVariables)) {
    const dataId = before.get(variable);
    if (dataId !== undefined && dataId !== variable.dataId) throw assignedVariable(variable);
  }
}

function refuseAssignment(this: tf.Variable): void {
  throw assignedVariable(this);
}

function assignedVariable(variable: tf.Variable): DpError {
  const layer = variable.name.includes('/') ? ` of layer '${variable.name.split('/', 1)[0] ?? ''}'` : '';
  return new DpError(
    'SIDE_DOOR',
    `variable '${variable.name}'${layer} was assigned while the loss was computed: its new value would carry batch ` +
      'statistics around the clipping and the noise (BatchNormalization does this in training mode). ' +
      'Use a layer without batch statistics (await replaceBatchNorm(model) of @dp/keras gives one), or call the model in inference mode, as model.apply(x) ' +
      'does. fit of tf.js does not, even where the layer is frozen',
  );
}

function sideDoorRead(scopes: readonly string[]): DpError {
  return new DpError(
    'SIDE_DOOR',
    `values of a tensor that depends on examples or parameters were read while the loss was computed (in ${where(scopes)}): ` +
      'what JavaScript does with them cannot be followed. Express the computation with tf.js operations',
  );
}

function handwrittenGradient(scopes: readonly string[]): DpError {
  return new DpError(
    'SIDE_DOOR',
    `tf.customGrad was used while the loss was computed (in ${where(scopes)}): a gradient written by hand cannot be ` +
      'proved to keep examples apart. Write the function with tf.js operations and let tf.js derive it',
  );
}

function where(scopes: readonly string[]): string {
  return (
    scopes.filter((name) => name !== 'unnamed scope' && name !== 'forward').join(' > ') || 'the loss function'
  );
}
