export {dpSGD, DpSgdOptimizer, type DpSgdOptions} from './optimizers/dp_sgd.js';
export {PrivateOptimizer} from './optimizers/private_optimizer.js';
export {type PrivacyOptions} from './optimizers/options.js';

export {Ledger, type LedgerRow} from './account/ledger.js';
export {poissonSampler, shuffleSampler, type Sampler, type SamplerOptions} from './account/samplers.js';
export {privacySpent, type Participation, type PrivacySpent} from './account/spent.js';
export {type DrawnBatch, type Sampling} from './account/sampling.js';

export {type BatchPiece} from './step.js';
export {DpError, type DpErrorCode} from './errors.js';
export {type DeclaredSources} from './tape/sources.js';
