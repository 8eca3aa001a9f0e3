import type * as tf from '@tensorflow/tfjs-core';

import type {Clipping, ClippingMode, LayerGroup} from '../clip/mode.js';
import type {CheckedPrivacyOptions} from './options.js';
import type {ScheduledValue} from '../schedules/scheduled_value.js';

type ConfigDict = tf.serialization.ConfigDict;

/** A layer's group, as a saved model holds it. */
type SavedGroup = Omit<LayerGroup, 'of'> & {readonly of: readonly {readonly name: string}[]};

/** The part of an optimizer's configuration that makes it private. No source of noise and no ledger: neither can be saved. */
export function privacyConfig(
  options: CheckedPrivacyOptions,
  {l2NormClip, noiseMultiplier}: Readonly<Record<'l2NormClip' | 'noiseMultiplier', ScheduledValue>>,
): ConfigDict {
  const {clipping, numMicrobatches, expectedBatchSize, microbatchSize} = options;
  return {
    l2NormClip: l2NormClip.config,
    noiseMultiplier: noiseMultiplier.config,
    numMicrobatches,
    ...(options.mayExceed && {expectedBatchSize, microbatchSize}),
    ...(clipping !== 'flat' && {clipping: clippingConfig(clipping)}),
  };
}

/** What `privacyConfig` gave, as options. Other fields stay as they are. */
export function optionsOfConfig(config: ConfigDict): ConfigDict {
  const {clipping, ...rest} = config;
  return clipping === undefined ? rest : {...rest, clipping: clippingOfConfig(clipping)};
}

/** tf.js camel-cases every text of a configuration that it loads, but not those that are called `name`. */
function clippingConfig(clipping: ClippingMode): ConfigDict {
  if (clipping.kind !== 'perLayer') return {...clipping};
  const groups = clipping.groups.map((group) => ({...group, of: group.of.map((name) => ({name}))}));
  return {...clipping, groups} satisfies {groups: SavedGroup[]} & ConfigDict;
}

function clippingOfConfig(saved: tf.serialization.ConfigDictValue): ConfigDict {
  const clipping = saved as unknown as Clipping;
  if (clipping === 'flat' || clipping.kind !== 'perLayer') return saved as ConfigDict;
  const groups = clipping.groups as unknown as readonly SavedGroup[];
  return {
    ...clipping,
    groups: groups.map((group) => ({...group, of: group.of.map(({name}) => name)})),
  };
}
