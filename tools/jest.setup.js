// Property tests draw the same cases in every `npm test`, so that it never fails by chance; `npm run test:long` draws new ones.
import fc from 'fast-check';

if (process.env.DP_LONG_TESTS === undefined) fc.configureGlobal({seed: 20_261_123});
