import {type DpEvent, eventText} from './event.js';
import type {NeighbouringRelation} from './neighbours.js';

/** An accountant has no proved bound for an event under a relation, and says so rather than guess. */
export class UnsupportedEventError extends Error {
  override readonly name = 'UnsupportedEventError';
  /** The innermost event that has no bound. */
  readonly event: DpEvent;
  /** The relation that was asked for. */
  readonly relation: NeighbouringRelation;

  /**
   * @param accountant - the accountant that was asked.
   * @param event - the innermost event that has no bound.
   * @param relation - the relation that was asked for.
   * @param place - where the event stands, if that is what is wrong: `' inside poissonSampled'` or empty.
   * @param remedy - what does support it.
   */
  constructor(
    accountant: string,
    event: DpEvent,
    relation: NeighbouringRelation,
    place: string,
    remedy: string,
  ) {
    super(
      `${accountant} does not support ${shortened(eventText(event))}${place} under '${relation}': ${remedy}`,
    );
    this.event = event;
    this.relation = relation;
  }
}

/** An event may hold thousands of others. */
function shortened(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 500)}...`;
}
