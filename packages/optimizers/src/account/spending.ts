import type {DpEvent, NeighbouringRelation} from '@dp/accountant';

import type {NewRow} from './ledger.js';

/** Equal events, counted. */
export interface CountedEvent {
  readonly event: DpEvent;
  readonly count: number;
}

/**
 * One way of accounting for rows: what they amount to as events, under which relation. Rows are given once each, in order,
 * so that a long ledger is read once, however often it is asked.
 */
export interface Spending {
  readonly neighboring: NeighbouringRelation;
  /** Whose records are added or removed together. Default: an example is one record. */
  readonly unit?: 'user';
  /** How batches were chosen, and on whose word. */
  readonly basis: string;
  /** Whether two neighbouring data sets reach the events' losses, so that a lower bound says something of the run. */
  readonly attained: boolean;
  /**
   * @param count - Number of rows, of batches that are drawn alike and new but for the first: the steps after a row's.
   * @throws DpError if the row does not fit; nothing has changed then.
   */
  add(row: NewRow, count: number): void;
  events(): readonly CountedEvent[];
  /** To go on with; this one stays as it is. */
  fork(): Spending;
  /** For batches that were not Poisson-sampled: the events if they had been. Undefined where there is no such figure. */
  ifPoissonSampled?(): readonly CountedEvent[] | undefined;
}
