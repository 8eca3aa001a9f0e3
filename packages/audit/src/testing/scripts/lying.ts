import {poissonSampler} from '@dp/optimizers';

import honest from './honest.js';

/** A sampler that cuts its batches and does not say so. */
export default async () => ({
  ...(await honest()),
  sampler: () => {
    const sampler = poissonSampler({numExamples: 2000, batchSize: 32});
    return {
      ...sampler,
      next: () => {
        const drawn = sampler.next();
        return {...drawn, indices: drawn.indices.slice(0, 32)};
      },
    };
  },
});
