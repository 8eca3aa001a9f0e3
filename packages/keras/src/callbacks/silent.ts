import type {CallbackInstance} from '../args/callbacks.js';

/** What `verbose: 1` adds to the callbacks outside of Node: nothing, as in tf.js. */
export function verboseCallbacks(): readonly CallbackInstance[] {
  return [];
}
