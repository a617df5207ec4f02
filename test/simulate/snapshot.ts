import type { Instance } from '../../simulator/instance';
import type { Store } from '../../simulator/state/store';
import type { Table } from '../../simulator/state/table';

const TABLES = ['documents', 'tags', 'correspondents', 'documentTypes', 'storagePaths', 'customFields', 'tasks'] as const;

/** A server's backup: its tables as they were. */
export type Snapshot = Record<(typeof TABLES)[number], { rows: { id: number }[]; nextId: number }> & { nextNoteId: number };

/** Files stand beside the database and never change; all else of a row is copied. */
function copy<Row extends object>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [key, key === 'original' || key === 'archive' ? value : structuredClone(value)]),
  ) as Row;
}

function table(store: Store, name: (typeof TABLES)[number]): Table<{ id: number }> {
  return store[name];
}

export function snapshotOf({ store }: Instance): Snapshot {
  const tables = TABLES.map((name) => [name, { rows: table(store, name).all().map(copy), nextId: table(store, name).nextId }]);
  return { ...(Object.fromEntries(tables) as Omit<Snapshot, 'nextNoteId'>), nextNoteId: store.nextNoteId };
}

/** Sets a server back; ids that were given since are given again. Only while its workers rest. */
export function setBack({ store }: Instance, snapshot: Snapshot): void {
  for (const name of TABLES) {
    const { rows, nextId } = snapshot[name];
    const now = table(store, name);
    for (const row of now.all()) now.delete(row.id);
    for (const row of rows) now.put(copy(row));
    now.nextId = nextId;
  }
  store.nextNoteId = snapshot.nextNoteId;
}

/** As after a lost disk: nothing is there any more, not even in the trash, and numbers begin again. */
export function wipe({ store }: Instance, withNumbers: boolean): void {
  for (const name of TABLES) {
    const now = table(store, name);
    for (const row of now.all()) now.delete(row.id);
    if (withNumbers) now.nextId = 1;
  }
}
