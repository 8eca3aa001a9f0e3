/** What a command answers: an object for `--json`, and lines for people. */
export interface Answer {
  readonly json: object;
  readonly text: readonly string[];
}

/** What a number holds for, by how batches are made. */
export const ASSUMPTIONS = {
  poisson:
    'This holds if each example joins each batch independently (Poisson sampling), not if batches are shuffled.',
  oncePerEpoch:
    'This holds if each example is in at most one batch of each epoch, shuffled or in a fixed order.',
  unknown: 'This holds whatever the batches are: all steps compose, as if every example were in every batch.',
} as const;

/** Why bounds are wider than asked for, in brackets, if they are. */
export function because(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}
