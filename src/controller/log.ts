import type { LogLevel, LogRow, Store } from '../state';

export interface LogEntry {
  level: LogLevel;
  message: string;
  runId?: number | null;
  replicaId?: number | null;
  docId?: number | null;
}

/**
 * One entry to the database and, as one JSON line in the PRD's shape, to `write`. Never throws: it is called where an error is being told, and a disk that
 * is full must not end the process by the way.
 */
export function logger(store: Store, write: ((line: string) => void) | null, onEntry: (row: LogRow) => void): (entry: LogEntry) => void {
  const line = ({ createdAt, level, docId, runId, message }: Omit<LogRow, 'id'>, replica: string | null): void =>
    write?.(`${JSON.stringify({ ts: createdAt, level, replica, doc_id: docId, run_id: runId, msg: message })}\n`);
  return (entry) => {
    let row: LogRow;
    let replica: string | null;
    try {
      row = store.logs.add(entry);
      replica = row.replicaId === null ? null : (store.replicas.get(row.replicaId)?.name ?? null);
    } catch (error) {
      const unstored = { runId: null, replicaId: null, docId: null, ...entry, createdAt: new Date().toISOString() };
      line(unstored, null);
      line(
        { ...unstored, level: 'error', message: `That entry couldn't be stored: ${error instanceof Error ? error.message : String(error)}` },
        null,
      );
      return;
    }
    line(row, replica);
    onEntry(row);
  };
}
