/** A trained model, as far as an attacker asks it. */
export interface TrainedModel {
  /** For every record, also those that were not trained on: `numExamples * numClasses`, row by row. Sensitive. */
  readonly logits: Float32Array;
  /** What training claims about one record that is added or removed. Left out for training that claims nothing. */
  readonly claim?: {readonly epsilon: number; readonly delta: number};
}

/** A training that is attacked: records, and how a model is trained on some of them. */
export interface MembershipSubject {
  readonly name: string;
  /** The class of each record, from 0. Sensitive. */
  readonly labels: ArrayLike<number>;
  readonly numClasses: number;
  /**
   * Trains a model from its start on the records that are marked, and asks it about all of them. It is called many times, and must
   * be the training that is attacked: the same model, options and number of steps.
   */
  readonly train: (isMember: readonly boolean[]) => Promise<TrainedModel> | TrainedModel;
}
