import { createHash } from 'node:crypto';
import type { Store } from '../../state';

/** What a plan says about a document, as far as the world is concerned. */
export interface Stake {
  masterDocId: number;
  replicaDocId: number | null;
}

/**
 * The state of everything that a plan stands on: the rows, versions and pairs of its documents; with `library` also how far the master was read, where a document
 * that came since could change the plan; `also` is whatever else it follows from. The same again: nothing of it has moved.
 */
export function worldOf(store: Store, replicaId: number, stakes: Iterable<Stake>, options: { library: boolean; also?: unknown }): string {
  const { registry } = store;
  const hash = createHash('sha256');
  const add = (value: unknown): void => void hash.update(`${JSON.stringify(value)}\n`);
  add([replicaId, options.library ? [registry.cursor(), registry.masterDocCount()] : null, options.also ?? null]);
  for (const { masterDocId, replicaDocId } of stakes) {
    const row = registry.rowFor(replicaId, masterDocId);
    const master = registry.masterDoc(masterDocId);
    const holder = replicaDocId === null ? null : registry.rowByReplicaDoc(replicaId, replicaDocId);
    add([
      masterDocId,
      replicaDocId,
      master === null ? null : [master.version, master.goneSince !== null],
      row === null ? null : [row.status, row.step, row.replicaDocId, row.intent?.nonce, row.wantedVersion, row.verification === 'unreadable'],
      holder?.masterDocId,
    ]);
  }
  return hash.digest('hex');
}
