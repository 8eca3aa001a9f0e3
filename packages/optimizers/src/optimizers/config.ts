import type * as tf from '@tensorflow/tfjs-core';

import {optionsObject, shown} from '../checks.js';
import type {Clipping, ClippingMode, LayerGroup} from '../clip/mode.js';
import {DpError} from '../errors.js';
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

/**
 * What `privacyConfig` gave, as options. Other fields stay as they are.
 *
 * @throws DpError INVALID_OPTION for what is no configuration.
 */
export function optionsOfConfig(config: ConfigDict): ConfigDict {
  optionsObject('config', config);
  const {clipping, ...rest} = config;
  return clipping === undefined ? rest : {...rest, clipping: clippingOfConfig(clipping)};
}

/** Left out of a configuration where they say nothing. */
const OPTIONAL: readonly string[] = ['clipping', 'averaging', 'expectedBatchSize', 'microbatchSize'];
/** Put there by tf.js. */
const BY_TFJS = 'customObjects';

/**
 * Of a configuration from anywhere: what it asks for beside what its class knows is not passed over.
 *
 * @param known - The configuration of what was made from it.
 * @throws DpError INVALID_OPTION, naming the field.
 */
export function checkAllTaken(config: ConfigDict, known: ConfigDict): void {
  for (const name of Object.keys(config)) {
    if (Object.hasOwn(known, name) || OPTIONAL.includes(name) || name === BY_TFJS) continue;
    throw new DpError(
      'INVALID_OPTION',
      `a saved optimizer has no field ${shown(name)}, but ${Object.keys(known).join(', ')}: it was altered, or needs a later version of this library. Take the file as it was saved, or compile the model anew`,
    );
  }
}

/** tf.js camel-cases every text of a configuration that it loads, but not those that are called `name`. */
function clippingConfig(clipping: ClippingMode): ConfigDict {
  if (clipping.kind !== 'perLayer') return {...clipping};
  const groups = clipping.groups.map((group) => ({...group, of: group.of.map((name) => ({name}))}));
  return {...clipping, groups} satisfies {groups: SavedGroup[]} & ConfigDict;
}

function clippingOfConfig(saved: tf.serialization.ConfigDictValue): ConfigDict {
  // Whatever is none is left to the check of options.
  const clipping = saved as unknown as Clipping | null;
  if (typeof clipping !== 'object' || clipping?.kind !== 'perLayer') return saved as ConfigDict;
  const groups: readonly unknown[] = Array.isArray(clipping.groups) ? clipping.groups : [null];
  return {...clipping, groups: groups.map(groupOfConfig)};
}

function groupOfConfig(saved: unknown): ConfigDict {
  const {of, ...group} = (saved ?? {}) as Partial<SavedGroup>;
  return {
    ...group,
    of: Array.isArray(of)
      ? (of as readonly ({readonly name?: string} | null)[]).map((each) => each?.name)
      : null,
  } as unknown as ConfigDict;
}
