/**
 * Every touch of tf.js internals that recording needs, in one place (tfjs-core 4.22: engine.ts, tape.ts).
 * The engine is a global singleton, so shadowing a method on the instance is seen by every caller.
 */
import * as tf from '@tensorflow/tfjs-core';

/** One entry of tf.js's autodiff tape. */
export interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: (tf.Tensor | undefined)[]) => Record<string, () => tf.Tensor>;
}

export type KernelInputs = Readonly<Record<string, tf.Tensor | null | undefined>>;
export type KernelAttributes = Readonly<Record<string, unknown>>;
type CustomGradient = (...inputs: tf.Tensor[]) => {value: tf.Tensor; gradFunc: unknown};

export interface EngineInternals {
  readonly state: {
    activeTape: TapeNode[] | null;
    readonly gradientDepth: number;
    readonly kernelDepth: number;
    readonly scopeStack: readonly {readonly name: string}[];
    readonly registeredVariables: Readonly<Record<string, tf.Variable>>;
  };
  readonly backend: {incRef(dataId: object): void};
  startTape(): void;
  endTape(): void;
  tidy<T>(name: string, f: () => T): T;
  keep<T extends tf.Tensor>(tensor: T): T;
  makeTensorFromDataId(dataId: object, shape: number[], dtype: tf.DataType): tf.Tensor;
  runKernel(name: string, inputs: KernelInputs, attrs?: KernelAttributes): tf.Tensor | tf.Tensor[];
  /** What both registered kernels (with `kernelName`) and hand-written gradients (without) go through. */
  runKernelFunc(call: {readonly kernelName?: string}): tf.Tensor | tf.Tensor[];
  customGrad(f: CustomGradient): (...inputs: tf.Tensor[]) => tf.Tensor;
  makeTensor(values: unknown, shape: number[], dtype: tf.DataType, backend?: unknown): tf.Tensor;
  readSync(dataId: object): unknown;
  read(dataId: object): Promise<unknown>;
  readToGPU(dataId: object, options: unknown): unknown;
}

export function engineInternals(): EngineInternals {
  return tf.engine() as unknown as EngineInternals;
}

/**
 * Replaces methods on `target` while `f` runs, and puts back what was there, whatever happens. In reverse: the engine (V8) keeps
 * an object fast only if the property added last is deleted first.
 */
export function withShadows<T extends object, R>(target: T, shadows: Partial<T>, f: () => R): R {
  const saved = Object.keys(shadows).map(
    (key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const,
  );
  Object.assign(target, shadows);
  try {
    return f();
  } finally {
    for (const [key, descriptor] of saved.reverse()) {
      if (descriptor === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, descriptor);
    }
  }
}

/** A second handle on a tensor's data that outlives the tidy that the tensor was made in; the tape does not see it. */
export function keepAlias(engine: EngineInternals, tensor: tf.Tensor): tf.Tensor {
  engine.backend.incRef(tensor.dataId);
  return engine.keep(engine.makeTensorFromDataId(tensor.dataId, tensor.shape, tensor.dtype));
}
