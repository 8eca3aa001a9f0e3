/** A trained language model, as far as an attacker asks it. */
export interface TrainedLanguageModel {
  /**
   * The log perplexity of each sequence: minus the logarithm (of base 2) of the probability that the model gives to it. Parts that
   * are the same in all, such as a beginning, may be left out.
   */
  readonly logPerplexities: (
    sequences: readonly (readonly number[])[],
  ) => Promise<ArrayLike<number>> | ArrayLike<number>;
  /** What training claims about one record that is added or removed. Left out for training that claims nothing. */
  readonly claim?: {readonly epsilon: number; readonly delta: number};
}

/** A training of a language model that secrets are planted in. */
export interface SecretSharerSubject {
  readonly name: string;
  /**
   * |R|: how many secrets there are to choose from. A secret is a number from 0 to one less.
   */
  readonly numSecrets: number;
  /** The record that holds a secret of a canary, as the model reads it. Canaries are told apart, as by a name before the secret. */
  readonly sequence: (canary: number, secret: number) => readonly number[];
  /** Trains a model from its start on its records and on these, each of which is a record of its own. */
  readonly train: (
    planted: readonly (readonly number[])[],
  ) => Promise<TrainedLanguageModel> | TrainedLanguageModel;
}
