import type {Sequences} from './data/characters.js';

/** How a model does on characters. */
export interface CharacterFigures {
  /** The fraction of characters that were thought the likeliest. */
  readonly accuracy: number;
  /** e to the mean negative log probability of a character. */
  readonly perplexity: number;
}

/**
 * The model that knows, for each character, how often each other followed it (with one more of each): what a language model has
 * to beat. It is counted without noise: its figures are for this terminal, and no epsilon covers them.
 *
 * @param train - Sensitive.
 */
export function bigramFigures(train: Sequences, test: Sequences, classes: number): CharacterFigures {
  // Before the first character of a sequence there is nothing: a class of its own.
  const counts = new Float64Array((classes + 1) * classes).fill(1);
  forEachPair(train, classes, (previous, id) => {
    counts[previous * classes + id] = (counts[previous * classes + id] ?? 0) + 1;
  });
  const rows = Array.from({length: classes + 1}, (_, previous) => {
    const row = counts.subarray(previous * classes, (previous + 1) * classes);
    const total = row.reduce((sum, count) => sum + count, 0);
    return {row, total, likeliest: row.indexOf(Math.max(...row))};
  });
  let [correct, logLoss, characters] = [0, 0, 0];
  forEachPair(test, classes, (previous, id) => {
    const {row, total, likeliest} = rows[previous] as (typeof rows)[number];
    characters++;
    if (id === likeliest) correct++;
    logLoss -= Math.log((row[id] as number) / total);
  });
  return {accuracy: correct / characters, perplexity: Math.exp(logLoss / characters)};
}

function forEachPair(
  {ids, length}: Sequences,
  classes: number,
  visit: (previous: number, id: number) => void,
): void {
  ids.forEach((id, i) => visit(i % length === 0 ? classes : (ids[i - 1] as number), id));
}
