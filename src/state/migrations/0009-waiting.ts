import type { Migration } from './migration';

/** What rows wait for of which nothing tells when it comes: each is looked at again, ever more seldom. */
export const waiting: Migration = {
  version: 9,
  name: 'waiting',
  sql: `
CREATE TABLE waiting (
  row_id INTEGER NOT NULL REFERENCES sync_map(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  replica_id INTEGER NOT NULL,
  what TEXT NOT NULL,
  next_at DATETIME NOT NULL,
  pause_ms INTEGER NOT NULL,
  PRIMARY KEY (row_id, kind)
) WITHOUT ROWID;
CREATE INDEX idx_waiting_due ON waiting(replica_id, kind, next_at);
`,
};
