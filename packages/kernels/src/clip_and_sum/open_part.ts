import type {Scope} from '../scope.js';
import {conv2dPart} from './conv2d.js';
import {conv3dPart} from './conv3d.js';
import type {Contribution} from './contribution.js';
import {densePart} from './dense.js';
import {depthwiseConv2dPart} from './depthwise_conv2d.js';
import {embeddingPart} from './embedding.js';
import type {GradientPart} from './part.js';
import {sumPart} from './sum.js';

/** Opens a contribution's tensors in the scope's workspace. */
export function openPart(scope: Scope, contribution: Contribution): GradientPart {
  switch (contribution.kind) {
    case 'dense':
      return densePart(scope, contribution);
    case 'conv2d':
      return conv2dPart(scope, contribution);
    case 'conv3d':
      return conv3dPart(scope, contribution);
    case 'depthwiseConv2d':
      return depthwiseConv2dPart(scope, contribution);
    case 'embedding':
      return embeddingPart(scope, contribution);
    case 'sum':
      return sumPart(scope, contribution);
  }
}
