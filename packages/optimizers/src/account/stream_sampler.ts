import {
  checkSamplerOptions,
  runsByEpoch,
  type AnnouncedBatch,
  type Sampler,
  type SamplerOptions,
} from './sampler.js';
import {uniqueName} from './unique_name.js';

/** Options of `streamSampler`: nothing is drawn. */
export type StreamSamplerOptions = Omit<SamplerOptions, 'source'>;

/** Says of batches that a stream delivers where they are; who is in them is up to the stream. */
export interface StreamSampler extends Sampler {
  /** The stream begins anew: the batches that follow are of another epoch, and one that was begun stays counted. */
  beginEpoch(): void;
}

/**
 * Batches of a stream, in the order in which it delivers them: no amplification by sampling. Taking it declares that each of
 * `numExamples` records takes part once in each epoch; whoever reads the stream counts them. An epoch is ceil(N / batchSize) steps.
 * The `indices` of a batch are places in it, and an epoch that was begun can't be finished by another run.
 *
 * @throws DpError INVALID_OPTION.
 */
export function streamSampler(options: StreamSamplerOptions): StreamSampler {
  const {numExamples, batchSize} = checkSamplerOptions(options);
  const stepsPerEpoch = Math.ceil(numExamples / batchSize);
  const sampler = uniqueName('stream');
  let [epoch, batch] = [0, 0];
  const beginEpoch = (): void => {
    if (batch > 0) epoch++;
    batch = 0;
  };
  const announce = (ahead: number): AnnouncedBatch => {
    const [later, place] = [Math.floor((batch + ahead) / stepsPerEpoch), (batch + ahead) % stepsPerEpoch];
    return {
      id: `${sampler}-${epoch + later}-${place}`,
      sampling: {kind: 'stream', sampler, numExamples, batchSize, epoch: epoch + later},
    };
  };
  return {
    stepsPerEpoch,
    beginEpoch,
    announce,
    announceRuns: (steps) => runsByEpoch(steps, {batch, stepsPerEpoch, announce}),
    next() {
      const announced = announce(0);
      const size = Math.min(batchSize, numExamples - batch * batchSize);
      batch++;
      if (batch === stepsPerEpoch) beginEpoch();
      return {...announced, indices: Int32Array.from({length: size}, (_, place) => place)};
    },
    rest: () => undefined,
  };
}
