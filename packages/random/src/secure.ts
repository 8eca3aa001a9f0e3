import type {RandomSource} from './source.js';

/** The most that WebCrypto gives in one call: 65,536 bytes. */
const WORDS_PER_CALL = 16_384;

/**
 * The platform's cryptographic generator, `crypto.getRandomValues` of WebCrypto, in Node.js and browsers.
 * It keeps no state here, so copies, workers and resumed runs never repeat words.
 *
 * @throws Error where the platform has no WebCrypto.
 */
export function secureSource(): RandomSource {
  const {crypto} = globalThis as {readonly crypto?: Crypto};
  if (typeof crypto?.getRandomValues !== 'function') {
    throw new Error(
      'globalThis.crypto.getRandomValues must exist, got none: use Node.js >= 20.19 or a browser with WebCrypto',
    );
  }
  return {
    name: 'webcrypto',
    secure: true,
    fill(words) {
      for (let start = 0; start < words.length; start += WORDS_PER_CALL) {
        crypto.getRandomValues(words.subarray(start, start + WORDS_PER_CALL));
      }
    },
  };
}
