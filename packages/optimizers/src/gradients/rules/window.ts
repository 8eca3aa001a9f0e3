import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {broadcastContribution} from './rows.js';
import {
  nodeInput,
  passOn,
  refuse,
  savedTensor,
  type ParameterContribution,
  type ParameterRule,
  type ParameterSite,
} from './rule.js';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/** Images, a filter and what it made of them: [B * inner, ...spatial, channels], examples outermost. */
interface Correlation {
  readonly x: tf.Tensor;
  readonly dy: tf.Tensor;
  readonly filter: tf.Tensor;
}

/** How a kind of convolution forms its filter's gradient. */
type FilterGradient = (site: ParameterSite, correlation: Correlation) => Contribution;

/** Convolution with a filter that is a parameter: the gradient of example i correlates its images with dy_i. */
function convolution(filterGradient: FilterGradient): ParameterRule {
  return (site) => ({
    contributions: filterUse(site, filterGradient, {
      x: savedTensor(site, 0),
      dy: site.dy,
      filter: nodeInput(site, 'filter'),
    }),
    gradients: passOn(site),
  });
}

/** A fused one, with its bias: tf.js computes all its gradients at once, so we form the input's ourselves. */
function fusedConvolution(filterGradient: FilterGradient, inputGradient: string): ParameterRule {
  return (site) => {
    const [x, filter] = [nodeInput(site, '0'), nodeInput(site, '1')];
    const [savedFilter, savedX] = [savedTensor(site, 0), savedTensor(site, 1)];
    const passed = () => {
      const attrs = {...site.call.attrs, dataFormat: 'NHWC', inputShape: savedX.shape as Shape4D};
      return tf.engine().runKernel<tf.Tensor>(inputGradient, {dy: site.dy, filter: savedFilter}, attrs);
    };
    return {
      contributions: [
        ...filterUse(site, filterGradient, {x: savedX, dy: site.dy, filter}),
        ...addedBias(site, '2'),
      ],
      gradients: site.wanted(x) && site.label(x).kind !== 'parameter' ? [[x, passed()]] : [],
    };
  };
}

/** The bias of a fused kernel, which is added last. */
export function addedBias(site: ParameterSite, name: string): ParameterContribution[] {
  const bias = site.node.inputs[name];
  const parameter = bias && site.parameter(bias);
  if (parameter === undefined) return [];
  const {dy, outputLabel, batchSize} = site;
  const shape = [...new Array<number>(dy.rank - parameter.shape.length).fill(1), ...parameter.shape];
  return [[parameter, broadcastContribution(dy, outputLabel, batchSize, shape)]];
}

function filterUse(
  site: ParameterSite,
  filterGradient: FilterGradient,
  correlation: Correlation,
): ParameterContribution[] {
  const parameter = site.parameter(correlation.filter);
  if (parameter === undefined) return [];
  const {dilations, dataFormat} = geometry(site);
  if (dataFormat !== 'NHWC' && dataFormat !== 'NDHWC')
    throw refuse(site, parameter, `data format ${dataFormat} does not have the channels last`);
  if (dilations.some((dilation) => dilation !== 1))
    throw refuse(site, parameter, `dilation ${dilations.join(' x ')} is not 1`);
  return [[parameter, filterGradient(site, correlation)]];
}

function images({batchSize}: ParameterSite, {x, dy}: Correlation) {
  return {x, dy, imagesPerExample: x.shape[0] / batchSize};
}

const ofConv2d =
  (kind: 'conv2d' | 'depthwiseConv2d'): FilterGradient =>
  (site, correlation) => {
    const filterShape = correlation.filter.shape as Shape4D;
    const {strides, pad, rounding} = geometry(site);
    const {padInfo, strideHeight, strideWidth} = tf.backend_util.computeConv2DInfo(
      correlation.x.shape as Shape4D,
      filterShape,
      strides as [number, number],
      1,
      pad as 'valid' | 'same' | number,
      rounding,
      kind === 'depthwiseConv2d',
    );
    return {
      ...images(site, correlation),
      kind,
      filterShape,
      strides: [strideHeight, strideWidth],
      padTop: padInfo.top,
      padLeft: padInfo.left,
    };
  };

const ofConv3d: FilterGradient = (site, correlation) => {
  const filterShape = correlation.filter.shape as Shape5D;
  const {strides, pad} = geometry(site);
  const {padInfo, strideDepth, strideHeight, strideWidth} = tf.backend_util.computeConv3DInfo(
    correlation.x.shape as Shape5D,
    filterShape,
    strides as [number, number, number],
    1,
    pad as 'valid' | 'same',
  );
  // tf.js's 'same' padding of three-dimensional convolutions is negative where a stride skips the first values.
  const pads = [padInfo.front, padInfo.top, padInfo.left];
  const skipped = [0, ...pads.map((size) => Math.max(0, -size)), 0];
  const [padFront = 0, padTop = 0, padLeft = 0] = pads.map((size) => Math.max(0, size));
  const {x} = correlation;
  const met = skipped.some((size) => size > 0)
    ? tf.slice(
        x,
        skipped,
        x.shape.map((size, axis) => size - (skipped[axis] ?? 0)),
      )
    : x;
  return {
    ...images(site, {...correlation, x: met}),
    kind: 'conv3d',
    filterShape,
    strides: [strideDepth, strideHeight, strideWidth],
    padFront,
    padTop,
    padLeft,
  };
};

export const conv2dRule = convolution(ofConv2d('conv2d'));
export const conv3dRule = convolution(ofConv3d);
export const depthwiseConv2dRule = convolution(ofConv2d('depthwiseConv2d'));
export const fusedConv2dRule = fusedConvolution(ofConv2d('conv2d'), tf.Conv2DBackpropInput);
export const fusedDepthwiseConv2dRule = fusedConvolution(
  ofConv2d('depthwiseConv2d'),
  tf.DepthwiseConv2dNativeBackpropInput,
);

/** Transposed convolution is the input gradient of a convolution: what it makes takes the place of that one's images. */
export const conv2dTransposeRule: ParameterRule = (site) => ({
  contributions: filterUse(site, ofConv2d('conv2d'), {
    x: site.dy,
    dy: savedTensor(site, 0),
    filter: nodeInput(site, 'filter'),
  }),
  gradients: passOn(site),
});

function geometry({call: {attrs}}: ParameterSite): {
  strides: number | number[];
  dilations: number[];
  pad: unknown;
  dataFormat: string;
  rounding: Rounding;
} {
  const dilations = attrs['dilations'] ?? 1;
  return {
    strides: attrs['strides'] as number | number[],
    dilations: Array.isArray(dilations) ? (dilations as number[]) : [dilations as number],
    pad: attrs['pad'],
    dataFormat: (attrs['dataFormat'] as string | undefined) ?? 'NHWC',
    rounding: attrs['dimRoundingMode'] as Rounding,
  };
}
