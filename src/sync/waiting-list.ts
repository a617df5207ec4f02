import type { Store } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';

const LONGEST_PAUSE_MS = 86_400_000;

/**
 * Rows of a replica that wait for something of which nothing tells when it comes. Each is looked at again, ever more seldom: a read, and no write before it is
 * there.
 */
export class WaitingList<T> {
  constructor(
    private readonly kind: string,
    /** How many one cycle looks for. */
    private readonly looks: number,
  ) {}

  /** `what` null: the row waits no more. In the transaction that settles the row. */
  put(lane: Lane, rowId: number, what: T | null): void {
    const { store, env, settings } = lane.run;
    if (what === null) store.waiting.drop(rowId, this.kind);
    else
      store.waiting.put({ rowId, kind: this.kind, what: JSON.stringify(what) }, isoTime(env.now()), {
        firstMs: settings.retryBaseMs,
        longestMs: LONGEST_PAUSE_MS,
      });
  }

  due(lane: Lane): [rowId: number, what: T][] {
    const { store, env } = lane.run;
    return store.waiting.due(lane.replicaId, this.kind, isoTime(env.now()), this.looks).map(({ rowId, what }) => [rowId, JSON.parse(what) as T]);
  }

  /** Somebody wants all looked at. */
  hasten(store: Store, replicaId: number, now: number): void {
    store.waiting.hasten(replicaId, this.kind, isoTime(now));
  }
}
