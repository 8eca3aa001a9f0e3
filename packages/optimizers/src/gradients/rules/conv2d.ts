import * as tf from '@tensorflow/tfjs-core';
import type {Contribution} from '@dp/kernels/on-demand';

import {biasContribution} from './bias.js';
import {passOn, refuse, type ParameterRule, type ParameterSite, type ParameterUse} from './rule.js';

/** Convolution with a filter that is a parameter: the gradient of example i correlates its image with dy_i. */
export const conv2dRule: ParameterRule = (site) => {
  const {x, filter} = site.node.inputs;
  const [savedX] = site.node.saved ?? [];
  if (x === undefined || filter === undefined || savedX === undefined)
    throw new Error('convolution without operands');
  return {contributions: filterUse(site, x, filter, savedX), gradients: passOn(site, ['x'])};
};

/** The fused convolution, with its bias: tf.js computes all its gradients at once, so we form the input's ourselves. */
export const fusedConv2dRule: ParameterRule = (site) => {
  const {'0': x, '1': filter, '2': bias} = site.node.inputs;
  const [savedFilter, savedX] = site.node.saved ?? [];
  if (x === undefined || filter === undefined || savedFilter === undefined || savedX === undefined) {
    throw new Error('fused convolution without operands');
  }
  const contributions: ParameterUse['contributions'][number][] = [];
  if (site.wanted(filter)) contributions.push(...filterUse(site, x, filter, savedX));
  const biasVariable = bias === undefined ? undefined : site.variable(bias);
  if (bias !== undefined && biasVariable !== undefined && site.wanted(bias)) {
    contributions.push([biasVariable, biasContribution(site, biasVariable, bias, site.dy)]);
  }
  const {strides, pad} = geometry(site);
  const gradients = site.wanted(x)
    ? [
        [
          x,
          tf.engine().runKernel<tf.Tensor>(
            tf.Conv2DBackpropInput,
            {dy: site.dy, filter: savedFilter},
            {
              strides,
              pad,
              dataFormat: 'NHWC',
              inputShape: savedX.shape as [number, number, number, number],
            },
          ),
        ] as const,
      ]
    : [];
  return {contributions, gradients};
};

function filterUse(
  site: ParameterSite,
  x: tf.Tensor,
  filter: tf.Tensor,
  savedX: tf.Tensor,
): ParameterUse['contributions'] {
  const variable = site.variable(filter);
  if (variable === undefined) return [];
  const label = site.label(x);
  const {strides, pad, dilations, dataFormat} = geometry(site);
  if (dataFormat !== 'NHWC') throw refuse(site, variable, `data format ${dataFormat} is not NHWC`);
  if (dilations.some((dilation) => dilation !== 1))
    throw refuse(site, variable, `dilation ${dilations.join(' x ')} is not 1`);
  if (label.kind !== 'batch' || label.inner !== 1) {
    throw refuse(site, variable, 'an example is spread over several images (as in TimeDistributed)');
  }
  const filterShape = filter.shape as [number, number, number, number];
  const {padInfo} = tf.backend_util.computeConv2DInfo(
    savedX.shape as [number, number, number, number],
    filterShape,
    strides,
    dilations,
    pad,
    site.call.attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
  );
  const contribution: Contribution = {
    kind: 'conv2d',
    x: savedX,
    dy: site.dy,
    filterShape,
    strides,
    padTop: padInfo.top,
    padLeft: padInfo.left,
  };
  return [[variable, contribution]];
}

function geometry({call: {attrs}}: ParameterSite): {
  strides: [number, number];
  dilations: [number, number];
  pad: 'valid' | 'same' | number;
  dataFormat: string;
} {
  return {
    strides: pair(attrs['strides']),
    dilations: pair(attrs['dilations'] ?? 1),
    pad: attrs['pad'] as 'valid' | 'same' | number,
    dataFormat: (attrs['dataFormat'] as string | undefined) ?? 'NHWC',
  };
}

function pair(value: unknown): [number, number] {
  return Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];
}
