import type { LogLevel, LogRow, Store } from '../state';

export interface LogEntry {
  level: LogLevel;
  message: string;
  runId?: number | null;
  replicaId?: number | null;
  docId?: number | null;
}

/** One entry to the database and, as one JSON line in the PRD's shape, to `write`. */
export function logger(store: Store, write: ((line: string) => void) | null, onEntry: (row: LogRow) => void): (entry: LogEntry) => void {
  const names = (id: number | null): string | null => (id === null ? null : (store.replicas.get(id)?.name ?? null));
  return (entry) => {
    const row = store.logs.add(entry);
    write?.(
      `${JSON.stringify({ ts: row.createdAt, level: row.level, replica: names(row.replicaId), doc_id: row.docId, run_id: row.runId, msg: row.message })}\n`,
    );
    onEntry(row);
  };
}
