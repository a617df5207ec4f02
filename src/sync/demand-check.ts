import type { Store } from '../state';
import { isoTime } from './instant';
import { parityKey } from './parity-due';
import { demandLooks } from './rotation';
import { keptOutByTwins } from './twin-watch';

/** Has every replica's collections and documents looked at in its next cycle. */
export function demandChecks(store: Store, now: number): void {
  for (const { id } of store.replicas.list()) demandCheck(store, id, now);
}

export function demandCheck(store: Store, replicaId: number, now: number): void {
  demandLooks(store.settings, replicaId, isoTime(now));
  store.settings.setFact(parityKey(replicaId), null);
  keptOutByTwins.hasten(store, replicaId, now);
}
