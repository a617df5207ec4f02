import { createHash, randomBytes } from 'node:crypto';
import { newSecretKey } from '../../../src/api';
import { openStore, type Store } from '../../../src/state';

export const NOW = Date.parse('2026-03-20T14:00:00.000Z');

/** A registry in memory, as migrated. */
export function memoryStore(): Store {
  return openStore({ path: ':memory:', secretKey: newSecretKey(), now: () => NOW, randomBytes: (n) => randomBytes(n) });
}

const at = new Date(NOW).toISOString();

/** Documents 1…n of the master. */
export function recordDocuments(store: Store, n: number): void {
  const docs = Array.from({ length: n }, (_, index) => ({
    id: index + 1,
    modified: new Date(NOW - (n - index) * 60_000).toISOString(),
    fingerprint: createHash('sha256').update(String(index)).digest('hex'),
    document: JSON.stringify({ id: index + 1, title: `Invoice ${index + 1}` }),
  }));
  store.registry.record(docs, docs.at(-1)?.modified ?? null);
}

function rowIdOf(store: Store, replicaId: number, masterDocId: number): number {
  const row = store.registry.rowFor(replicaId, masterDocId);
  if (row === null) throw new Error(`no row for document ${masterDocId}`);
  return row.id;
}

/** The replica has the document as its own number 1000 + id, read back; verified too when asked. */
export function settle(store: Store, replicaId: number, masterDocId: number, verified: boolean): void {
  const rowId = rowIdOf(store, replicaId, masterDocId);
  store.registry.move(rowId, { to: 'applying', replicaDocId: 1000 + masterDocId, fileChecksum: 'ab'.repeat(32) }, at);
  store.registry.move(rowId, { to: 'ok', version: 1, observedModified: at, observedFields: 'cd'.repeat(32) }, at);
  if (verified) store.registry.verified(rowId, { verification: 'matched', version: 1 }, at);
}

export function fail(store: Store, replicaId: number, masterDocId: number, code: string): void {
  const move = { to: 'error', errorClass: 'document', code, message: `No: ${code}.`, nextStep: `Mend ${code}.`, nextRetryAt: at } as const;
  store.registry.move(rowIdOf(store, replicaId, masterDocId), move, at);
}

export function limit(store: Store, replicaId: number, masterDocId: number, reason: string): void {
  store.registry.move(rowIdOf(store, replicaId, masterDocId), { to: 'limited', version: 1, reasons: [reason] }, at);
}

export function hold(store: Store, replicaId: number, masterDocId: number, reason: string): void {
  store.registry.move(rowIdOf(store, replicaId, masterDocId), { to: 'held', code: 'told', about: [reason] }, at);
}
