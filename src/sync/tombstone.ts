import type { SyncRow } from '../state';
import { isoTime } from './instant';
import type { RunContext } from './run-context';

/**
 * A document is gone on the master: its copies are no longer wanted, and what becomes of them is policy. A row whose create has an unknown outcome waits until
 * poll-tasks has found that out: a copy that nobody knew of would be left behind.
 */
export function layToRest(run: RunContext, row: SyncRow): void {
  const { registry } = run.store;
  const at = isoTime(run.env.now());
  if (row.status === 'tombstone' || row.intent !== null) return;
  run.store.fenced(run.epoch, () => {
    registry.move(row.id, { to: 'tombstone' }, at);
    // A replica that takes the same bytes once may have kept another document out for this one.
    if (row.replicaDocId !== null) registry.requeueWithoutCopy(row.replicaId);
    // What it differs from is gone; and a tombstone's `unreadable` says that its copy is gone too, which nobody has looked at.
    const failed = row.verification === 'differs' || row.verification === 'unreadable';
    if (failed) registry.verified(row.id, { verification: 'never', version: row.wantedVersion }, at);
  });
}
