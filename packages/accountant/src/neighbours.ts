/**
 * Which pairs of datasets a guarantee holds for.
 *
 * - `addOrRemoveOne`: D' is D with one record more or less.
 * - `replaceOne`: D' is D with one record replaced by any other; the size is public.
 * - `replaceSpecial`: D' is D with one record zeroed out, so that it contributes nothing; the size is public.
 *
 * A record's contribution of norm C moves a sum by C under the first and the last, by 2 C under `replaceOne`.
 */
export type NeighbouringRelation = 'addOrRemoveOne' | 'replaceOne' | 'replaceSpecial';

/** All relations, for checks and tables. */
export const NEIGHBOURING_RELATIONS: readonly NeighbouringRelation[] = Object.freeze([
  'addOrRemoveOne',
  'replaceOne',
  'replaceSpecial',
]);
