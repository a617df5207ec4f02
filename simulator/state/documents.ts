/** Documents and their version rows. A document is a root; on 3.x a version is a row of its own that points to it. */
import type { DocumentRow, OwnedRow, UserRow } from './rows';
import type { Store } from './store';

/** What the API calls a document: alive, and no version row. */
export function liveDocument(store: Store, id: number): DocumentRow | undefined {
  const row = store.documents.get(id);
  return row && row.deletedAt === null && row.root === null ? row : undefined;
}

export function liveDocuments(store: Store): DocumentRow[] {
  return store.documents.all().filter((row) => row.deletedAt === null && row.root === null);
}

/** The living rows of a document's chain, newest (highest id) first, the root among them. */
export function versionsOf(store: Store, root: DocumentRow): DocumentRow[] {
  if (store.profile.major === 2) return [root];
  const rows = store.documents.versions(root.id).filter((row) => row.deletedAt === null);
  return [...rows, root].sort((a, b) => b.id - a.id);
}

/** The row whose file and content count: the newest version. */
export function effective(store: Store, root: DocumentRow): DocumentRow {
  return versionsOf(store, root)[0] ?? root;
}

export function rootOf(store: Store, row: DocumentRow): DocumentRow {
  return store.documents.get(row.root) ?? row;
}

export function digestOf(store: Store, row: DocumentRow): string {
  return row.original[store.profile.digest];
}

/** Every row with that checksum, of its original or of its archive, trashed ones too: what a duplicate check looks at. */
export function twins(store: Store, checksum: string): DocumentRow[] {
  const digest = store.profile.digest;
  return store.documents.all().filter((row) => row.original[digest] === checksum || row.archive?.[digest] === checksum);
}

/** 3.x: other documents with the same original bytes, as the detail lists them. */
export function duplicatesOf(store: Store, row: DocumentRow): DocumentRow[] {
  const { parsedText, mimeType, original } = effective(store, row);
  // The same bytes have the same text: looking at that first spares the sums of all others.
  const alike = store.documents.all().filter((other) => other.parsedText === parsedText && other.mimeType === mimeType);
  return alike.filter(
    (other) => other.id !== row.id && other.root !== row.id && other.original[store.profile.digest] === original[store.profile.digest],
  );
}

export function bump(store: Store, row: DocumentRow): void {
  row.modified = store.stamp();
}

export function mayView(store: Store, user: UserRow, row: OwnedRow): boolean {
  return mayChange(user, row) || row.grants.view.users.includes(user.id) || row.grants.view.groups.some((group) => user.groups.includes(group));
}

export function mayChange(user: UserRow, row: OwnedRow): boolean {
  if (user.isSuperuser || row.owner === null || row.owner === user.id) return true;
  return row.grants.change.users.includes(user.id) || row.grants.change.groups.some((group) => user.groups.includes(group));
}

/** Whether a user has a model permission, of their own or by a group. */
export function holds(store: Store, user: UserRow, permission: string): boolean {
  if (user.isSuperuser || user.permissions.includes(permission)) return true;
  return user.groups.some((group) => store.groups.get(group)?.permissions.includes(permission));
}

export function nextAsn(store: Store): number {
  return liveDocuments(store).reduce((highest, row) => Math.max(highest, row.asn ?? 0), 0) + 1;
}

/** The row, trashed or alive, that holds an archive serial number. */
export function asnHolder(store: Store, asn: number): DocumentRow | undefined {
  return store.documents.all().find((row) => row.asn === asn);
}
