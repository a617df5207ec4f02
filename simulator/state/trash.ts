/** Soft deletion: rows that were trashed by one call come back by one restore; the others have to be named. */
import { bump } from './documents';
import type { DocumentRow } from './rows';
import type { Store } from './store';

function mark(store: Store, row: DocumentRow, deletion: number): void {
  row.deletedAt = store.stamp();
  row.deletion = deletion;
}

function livingVersions(store: Store, root: DocumentRow): DocumentRow[] {
  return store.documents.versions(root.id).filter((row) => row.deletedAt === null);
}

/** DELETE of one document: its versions go with it, and come back with it. */
export function trashDocument(store: Store, root: DocumentRow): void {
  const deletion = store.nextDeletion++;
  for (const row of [root, ...livingVersions(store, root)]) mark(store, row, deletion);
}

/** The bulk deletion of the web interface: every row is a deletion of its own, so a restore of the root leaves its versions behind. */
export function trashInBulk(store: Store, root: DocumentRow): void {
  for (const row of [root, ...livingVersions(store, root)]) mark(store, row, store.nextDeletion++);
}

/** One version alone. */
export function trashVersion(store: Store, row: DocumentRow): void {
  mark(store, row, store.nextDeletion++);
}

export function trashed(store: Store): DocumentRow[] {
  return store.documents.all().filter((row) => row.deletedAt !== null);
}

export function restore(store: Store, row: DocumentRow): void {
  const deletion = row.deletion;
  const together = [row, ...store.documents.versions(row.id).filter((other) => other.deletion === deletion)];
  for (const other of together) {
    other.deletedAt = null;
    other.deletion = null;
    bump(store, other);
  }
}

/** Removes a trashed row for good, with its versions and its files. */
export function erase(store: Store, row: DocumentRow): void {
  for (const gone of [row, ...store.documents.versions(row.id)]) {
    gone.original.drop();
    gone.archive?.drop();
    store.documents.delete(gone.id);
  }
}
