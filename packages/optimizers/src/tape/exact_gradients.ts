import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients that take the place of tf.js's own while a loss is recorded, because a backend's kernel behind them is wrong
 * in a way that ties examples together (tfjs 4.22): the cpu backend's ResizeNearestNeighborGrad reads the gradients of
 * other examples, the wasm backend's Conv3D gradients read what lies in unused memory.
 */
const EXACT: readonly tf.GradConfig[] = [
  {kernelName: tf.ResizeNearestNeighbor, inputsToSave: ['images'], gradFunc: nearestNeighbor},
  {kernelName: tf.Conv3D, inputsToSave: ['x', 'filter'], gradFunc: conv3d},
];

/** Runs `f` with exact gradients: the tape takes a gradient function when it records, so they may be put back after. */
export function withExactGradients<R>(f: () => R): R {
  const stock = EXACT.map(({kernelName}) => tf.getGradient(kernelName) as tf.GradConfig | undefined);
  // Where no gradients are registered at all, that is said elsewhere.
  if (stock.includes(undefined)) return f();
  for (const config of EXACT) tf.registerGradient(config);
  try {
    return f();
  } finally {
    for (const config of stock) if (config !== undefined) tf.registerGradient(config);
  }
}

/** Resizing is linear in rows and in columns: the gradient is the transposed maps, which the forward kernel tells. */
function nearestNeighbor(
  dy: tf.Tensor | tf.Tensor[],
  saved: tf.Tensor[],
  attrs: tf.NamedAttrMap,
): Record<string, () => tf.Tensor> {
  const [images] = saved;
  if (images === undefined || Array.isArray(dy)) throw new Error('resizing without images');
  const {alignCorners, halfPixelCenters} = attrs as {alignCorners: boolean; halfPixelCenters: boolean};
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const mapOf = (size: number, outSize: number): tf.Tensor => {
    const unit = tf.reshape<tf.Rank.R4>(tf.eye(size), [1, size, 1, size]);
    const resized = tf.image.resizeNearestNeighbor(unit, [outSize, 1], alignCorners, halfPixelCenters);
    return tf.reshape(resized, [1, outSize, size]);
  };
  return {
    images: () => {
      const rows = tf.matMul(
        mapOf(height, outHeight),
        tf.reshape(dy, [batch, outHeight, outWidth * channels]),
        true,
      );
      const columns = tf.matMul(
        mapOf(width, outWidth),
        tf.reshape(rows, [batch * height, outWidth, channels]),
        true,
      );
      return tf.reshape(columns, images.shape);
    },
  };
}

/** A three-dimensional convolution is the sum over the filter's depth of two-dimensional ones, on slices moved to their place. */
function conv3d(
  dy: tf.Tensor | tf.Tensor[],
  saved: tf.Tensor[],
  attrs: tf.NamedAttrMap,
): Record<string, () => tf.Tensor> {
  const [x, filter] = saved;
  if (x === undefined || filter === undefined || Array.isArray(dy))
    throw new Error('convolution without operands');
  const {strides, pad, dilations} = attrs as unknown as {
    strides: [number, number, number] | number;
    pad: 'valid' | 'same';
    dilations: [number, number, number] | number;
  };
  const info = tf.backend_util.computeConv3DInfo(
    x.shape as [number, number, number, number, number],
    filter.shape as [number, number, number, number, number],
    strides,
    dilations,
    pad,
  );
  if (info.dilationDepth !== 1 || info.dilationHeight !== 1 || info.dilationWidth !== 1)
    throw new Error('tf.js has no gradient of dilated convolutions');
  const {batchSize, inDepth, inHeight, inWidth, inChannels, outDepth, padInfo} = info;
  // tf.js's 'same' padding is negative where a stride skips the first values.
  const [skippedRows, skippedColumns] = [Math.max(0, -padInfo.top), Math.max(0, -padInfo.left)];
  const inPlane: [number, number, number] = [inHeight - skippedRows, inWidth - skippedColumns, inChannels];
  const depths = Array.from({length: info.filterDepth}, (_, depth) => depth);
  const around = (before: number, out: number, stride: number, size: number, filterSize: number) => {
    const front = Math.max(0, before);
    return [front, Math.max(0, (out - 1) * stride + filterSize - size - front)];
  };
  const plane = {
    strides: [info.strideHeight, info.strideWidth],
    pad: [
      [0, 0],
      around(padInfo.top, info.outHeight, info.strideHeight, inPlane[0], info.filterHeight),
      around(padInfo.left, info.outWidth, info.strideWidth, inPlane[1], info.filterWidth),
      [0, 0],
    ],
    dataFormat: 'NHWC',
  };
  const met = tf.slice(x, [0, 0, skippedRows, skippedColumns, 0], [batchSize, inDepth, ...inPlane]);
  const dys = tf.reshape(dy, [-1, ...dy.shape.slice(2)]);
  /** [1, outDepth, inDepth]: which slice of the input meets the filter's slice `depth` at each output. */
  const meets = (depth: number): tf.Tensor => {
    const values = new Float32Array(outDepth * inDepth);
    for (let out = 0; out < outDepth; out++) {
      const at = out * info.strideDepth + depth - padInfo.front;
      if (at >= 0 && at < inDepth) values[out * inDepth + at] = 1;
    }
    return tf.tensor(values, [1, outDepth, inDepth]);
  };
  const run = (kernel: string, inputs: tf.NamedTensorMap, more: object): tf.Tensor =>
    tf.engine().runKernel<tf.Tensor>(kernel, inputs, {...plane, ...more});
  const slices = tf.unstack(filter);
  return {
    x: () => {
      const gradient = tf.reshape(
        tf.addN(
          depths.map((depth) => {
            const inputs = {dy: dys, filter: slices[depth] as tf.Tensor};
            const planes = run(tf.Conv2DBackpropInput, inputs, {
              inputShape: [batchSize * outDepth, ...inPlane],
            });
            return tf.matMul(meets(depth), tf.reshape(planes, [batchSize, outDepth, -1]), true);
          }),
        ),
        met.shape,
      );
      return tf.pad(gradient, [
        [0, 0],
        [0, 0],
        [skippedRows, 0],
        [skippedColumns, 0],
        [0, 0],
      ]);
    },
    filter: () =>
      tf.stack(
        depths.map((depth) => {
          const moved = tf.matMul(meets(depth), tf.reshape(met, [batchSize, inDepth, -1]));
          const inputs = {x: tf.reshape(moved, [batchSize * outDepth, ...inPlane]), dy: dys};
          return run(tf.Conv2DBackpropFilter, inputs, {filterShape: filter.shape.slice(1)});
        }),
      ),
  };
}
