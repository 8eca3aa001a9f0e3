/**
 * Where random bits come from: the one seam of this package. Everything else is a deterministic function of
 * the words that a source hands out.
 */
export interface RandomSource {
  /** What a ledger or a log may print: the generator, never its state. */
  readonly name: string;
  /** True only for a cryptographic generator; noise and samples from any other source protect nobody. */
  readonly secure: boolean;
  /**
   * Overwrites every word with independent uniform bits that were never handed out before. The words are
   * secret: whoever knows them can subtract the noise. (The view must not be on shared memory: WebCrypto
   * refuses it.)
   */
  fill(words: Uint32Array<ArrayBuffer>): void;
}
