import {
  epsilonAfter,
  type ForeseenRun,
  type LedgerRow,
  type NewRow,
  type PrivateOptimizer,
  type Sampler,
} from '@dp/optimizers';

/** What a budget reckons with. */
export interface BudgetOptions {
  readonly optimizer: PrivateOptimizer;
  readonly sampler: Sampler;
  /** The epsilon that may not be passed. */
  readonly epsilon: number;
  readonly delta: number;
  /** D. */
  readonly numParameters: number;
  /** What so many steps release beside themselves. */
  readonly besides: (steps: number) => readonly ForeseenRun[];
}

/**
 * How many more steps a budget allows. The ledger decides, with rows added for the steps to come, so that whatever else was
 * released is counted. It is asked again only when the ledger is not what was foreseen.
 */
export class Budget {
  private allowed = 0;
  private foreseen: {readonly from: number; readonly row: NewRow} | undefined;

  constructor(private readonly options: BudgetOptions) {}

  /**
   * Whether one more step keeps the budget.
   *
   * @param remaining - Steps that are planned from here, this one among them.
   */
  allowsNextOf(remaining: number): boolean {
    const {rows} = this.options.optimizer.ledger;
    if (this.allowed === 0 || !this.isAsForeseen(rows)) this.allowed = this.stepsWithin(remaining);
    if (this.allowed === 0) return false;
    this.allowed--;
    const [next] = this.coming(1);
    this.foreseen = next && {from: rows.length, row: next.row};
    return true;
  }

  /** Steps after the next that are known to keep it. */
  get allowedAfterNext(): number {
    return this.allowed;
  }

  /** Whether what was released since the last step is that step and nothing else. */
  private isAsForeseen(rows: readonly LedgerRow[]): boolean {
    if (this.foreseen === undefined) return false;
    const {from, row} = this.foreseen;
    const released = rows.slice(from);
    const precision = released.reduce((sum, {noiseMultiplier}) => sum + noiseMultiplier ** -2, 0);
    const mechanism = JSON.stringify(row.mechanism);
    return (
      released.every((other) => other.batchId === row.batchId) &&
      released.some((other) => JSON.stringify(other.mechanism) === mechanism) &&
      precision <= row.noiseMultiplier ** -2 * (1 + 1e-12)
    );
  }

  private stepsWithin(remaining: number): number {
    if (this.keeps(remaining)) return remaining;
    let [met, missed] = [0, remaining];
    while (missed > met + 1) {
      const middle = Math.floor((met + missed) / 2);
      if (this.keeps(middle)) met = middle;
      else missed = middle;
    }
    return met;
  }

  private keeps(steps: number): boolean {
    const {optimizer, delta, epsilon, besides} = this.options;
    const coming = [...this.coming(steps), ...besides(steps)];
    return epsilonAfter(optimizer.ledger, coming, {delta}) <= epsilon;
  }

  private coming(steps: number): ForeseenRun[] {
    const {optimizer, sampler, numParameters} = this.options;
    return optimizer.foreseeRuns(sampler.announceRuns(steps), numParameters);
  }
}
