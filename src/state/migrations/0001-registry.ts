import type { Migration } from './migration';

/**
 * The tables as they stood in the first release. The names and types of the PRD's columns are kept as users script against them; ours follow in each table.
 * Times are ISO 8601 in UTC. A released migration is never edited.
 */
export const registry: Migration = {
  version: 1,
  name: 'registry',
  sql: `
-- AUTOINCREMENT where an id leaves the database (in tickets, facts, event streams): one of what is gone must not come to mean another.
CREATE TABLE replicas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  api_token TEXT NOT NULL,
  enabled BOOLEAN DEFAULT TRUE,
  sync_interval_seconds INTEGER,
  last_sync_ts DATETIME,
  consecutive_failures INTEGER DEFAULT 0,
  suspended_at DATETIME,
  last_alert_at DATETIME,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
  url_key TEXT NOT NULL,
  options TEXT NOT NULL DEFAULT '{}',
  version TEXT,
  document_count INTEGER,
  last_contact_at DATETIME,
  last_error TEXT
);
CREATE UNIQUE INDEX idx_replicas_name ON replicas(name);
CREATE UNIQUE INDEX idx_replicas_url ON replicas(url_key);

CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT
);

CREATE TABLE facts (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  holder TEXT,
  expires_at DATETIME
) WITHOUT ROWID;

CREATE TABLE master_docs (
  id INTEGER PRIMARY KEY,
  modified TEXT NOT NULL,
  modified_ms INTEGER,
  version INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  document TEXT NOT NULL,
  content_hash TEXT,
  seen_at DATETIME NOT NULL,
  gone_since DATETIME
);
CREATE INDEX idx_master_docs_live ON master_docs(id) WHERE gone_since IS NULL;

CREATE TABLE master_files (
  master_doc_id INTEGER NOT NULL REFERENCES master_docs(id) ON DELETE CASCADE,
  version_id INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  md5 TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (master_doc_id, version_id)
) WITHOUT ROWID;

CREATE TABLE master_entities (
  kind TEXT NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE TABLE entity_maps (
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  master_id INTEGER NOT NULL,
  replica_entity_id INTEGER,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (replica_id, kind, master_id)
) WITHOUT ROWID;

CREATE TABLE sync_map (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  master_doc_id INTEGER NOT NULL,
  replica_doc_id INTEGER,
  task_id TEXT,
  last_synced DATETIME,
  file_checksum TEXT,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'ok', 'error', 'held', 'quarantined', 'limited', 'tombstone')),
  error_msg TEXT,
  retry_count INTEGER NOT NULL DEFAULT 0,
  step TEXT CHECK (
    CASE WHEN step IS NULL THEN status <> 'pending'
    ELSE status IN ('pending', 'error') AND step IN ('queued', 'uploading', 'consuming', 'applying', 'linking') END
  ),
  intent TEXT,
  wanted_version INTEGER NOT NULL,
  wanted_modified_ms INTEGER,
  synced_version INTEGER,
  wanted TEXT,
  observed_modified TEXT,
  observed_fingerprint TEXT,
  error_class TEXT,
  error_code TEXT,
  error_next_step TEXT,
  next_retry_at DATETIME,
  reasons TEXT NOT NULL DEFAULT '[]',
  priority INTEGER NOT NULL DEFAULT 0,
  verification TEXT NOT NULL DEFAULT 'never' CHECK (verification IN ('never', 'matched', 'differs', 'unreadable')),
  verified_at DATETIME,
  verified_version INTEGER,
  difference TEXT,
  UNIQUE (replica_id, master_doc_id)
);
CREATE INDEX idx_sync_map_replica ON sync_map(replica_id);
CREATE INDEX idx_sync_map_status ON sync_map(replica_id, status);
CREATE INDEX idx_sync_map_verification ON sync_map(replica_id, verification);
CREATE UNIQUE INDEX idx_sync_map_copy ON sync_map(replica_id, replica_doc_id) WHERE replica_doc_id IS NOT NULL;
CREATE INDEX idx_sync_map_pairs ON sync_map(replica_id, master_doc_id, replica_doc_id) WHERE replica_doc_id IS NOT NULL;
CREATE INDEX idx_sync_map_work ON sync_map(replica_id, step, priority DESC, master_doc_id) WHERE status = 'pending';
CREATE INDEX idx_sync_map_retry ON sync_map(replica_id, next_retry_at) WHERE status = 'error';
CREATE INDEX idx_sync_map_waiting ON sync_map(replica_id, wanted_modified_ms) WHERE status IN ('pending', 'error');
CREATE INDEX idx_sync_map_unverified ON sync_map(replica_id)
  WHERE status IN ('ok', 'limited') AND replica_doc_id IS NOT NULL AND verified_version IS NOT wanted_version;
CREATE INDEX idx_sync_map_verified ON sync_map(replica_id, verified_at)
  WHERE status IN ('ok', 'limited') AND replica_doc_id IS NOT NULL AND verified_version IS wanted_version;

-- Counted as rows change, so that the dashboard's numbers cost the same at 300 and at 300,000 rows.
-- step is '' outside pending; current is 1 where the verification is a match of the version that is wanted now.
CREATE TABLE sync_counts (
  replica_id INTEGER NOT NULL,
  status TEXT NOT NULL,
  step TEXT NOT NULL,
  verification TEXT NOT NULL,
  current INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (replica_id, status, step, verification, current)
) WITHOUT ROWID;
${counting()}

-- Every create that was ever intended, so that a copy that turns up late is known to be ours.
CREATE TABLE intents (
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  nonce TEXT NOT NULL,
  master_doc_id INTEGER NOT NULL,
  intent TEXT NOT NULL,
  PRIMARY KEY (replica_id, nonce)
) WITHOUT ROWID;

CREATE TABLE replica_checksums (
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  replica_doc_id INTEGER NOT NULL,
  algorithm TEXT NOT NULL,
  checksum TEXT NOT NULL,
  PRIMARY KEY (replica_id, replica_doc_id, algorithm)
) WITHOUT ROWID;
CREATE INDEX idx_replica_checksums ON replica_checksums(replica_id, checksum);

CREATE TABLE sync_runs (
  id INTEGER PRIMARY KEY,
  replica_id INTEGER REFERENCES replicas(id) ON DELETE SET NULL,
  started_at DATETIME,
  finished_at DATETIME,
  triggered_by TEXT,
  docs_synced INTEGER DEFAULT 0,
  docs_failed INTEGER DEFAULT 0,
  timed_out BOOLEAN DEFAULT FALSE,
  epoch INTEGER NOT NULL DEFAULT 0,
  deadline DATETIME NOT NULL
);
CREATE INDEX idx_sync_runs_open ON sync_runs(id) WHERE finished_at IS NULL;
CREATE INDEX idx_sync_runs_replica ON sync_runs(replica_id) WHERE replica_id IS NOT NULL;

CREATE TABLE run_replicas (
  run_id INTEGER NOT NULL REFERENCES sync_runs(id) ON DELETE CASCADE,
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  started_at DATETIME NOT NULL,
  finished_at DATETIME,
  outcome TEXT,
  docs_synced INTEGER NOT NULL DEFAULT 0,
  docs_failed INTEGER NOT NULL DEFAULT 0,
  docs_verified INTEGER NOT NULL DEFAULT 0,
  message TEXT,
  PRIMARY KEY (run_id, replica_id)
) WITHOUT ROWID;
CREATE INDEX idx_run_replicas_replica ON run_replicas(replica_id, run_id);

CREATE TABLE run_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER REFERENCES sync_runs(id) ON DELETE CASCADE,
  replica_id INTEGER REFERENCES replicas(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at DATETIME NOT NULL
);
CREATE INDEX idx_run_events_created ON run_events(created_at);
CREATE INDEX idx_run_events_run ON run_events(run_id);
CREATE INDEX idx_run_events_replica ON run_events(replica_id);

CREATE TABLE logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER REFERENCES sync_runs(id) ON DELETE SET NULL,
  replica_id INTEGER REFERENCES replicas(id) ON DELETE SET NULL,
  level TEXT,
  message TEXT,
  doc_id INTEGER,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_logs_created ON logs(created_at);
CREATE INDEX idx_logs_run ON logs(run_id);
CREATE INDEX idx_logs_replica ON logs(replica_id, level);
CREATE INDEX idx_logs_level ON logs(level);
CREATE INDEX idx_logs_doc ON logs(doc_id) WHERE doc_id IS NOT NULL;
CREATE VIRTUAL TABLE logs_fts USING fts5(message, content=logs, content_rowid=id);
CREATE TRIGGER logs_added AFTER INSERT ON logs BEGIN
  INSERT INTO logs_fts (rowid, message) VALUES (new.id, new.message);
END;
CREATE TRIGGER logs_removed AFTER DELETE ON logs BEGIN
  INSERT INTO logs_fts (logs_fts, rowid, message) VALUES ('delete', old.id, old.message);
END;
CREATE TRIGGER logs_changed AFTER UPDATE OF message ON logs BEGIN
  INSERT INTO logs_fts (logs_fts, rowid, message) VALUES ('delete', old.id, old.message);
  INSERT INTO logs_fts (rowid, message) VALUES (new.id, new.message);
END;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at DATETIME NOT NULL,
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  before TEXT,
  after TEXT
);
`,
};

/** The triggers that keep sync_counts. */
function counting(): string {
  const key = (row: 'old' | 'new'): string[] => [
    `${row}.replica_id`,
    `${row}.status`,
    `CASE ${row}.status WHEN 'pending' THEN ${row}.step ELSE '' END`,
    `${row}.verification`,
    `${row}.verification = 'matched' AND ${row}.verified_version IS ${row}.wanted_version`,
  ];
  const columns = ['replica_id', 'status', 'step', 'verification', 'current'];
  const add = `INSERT INTO sync_counts (${columns.join(', ')}, n) VALUES (${key('new').join(', ')}, 1) ON CONFLICT DO UPDATE SET n = n + 1;`;
  const remove = `UPDATE sync_counts SET n = n - 1 WHERE (${columns.join(', ')}) = (${key('old').join(', ')});`;
  return `
CREATE TRIGGER sync_map_added AFTER INSERT ON sync_map BEGIN ${add} END;
CREATE TRIGGER sync_map_removed AFTER DELETE ON sync_map BEGIN ${remove} END;
CREATE TRIGGER sync_map_changed AFTER UPDATE OF replica_id, status, step, verification, verified_version, wanted_version ON sync_map
WHEN (${key('old').join(', ')}) IS NOT (${key('new').join(', ')})
BEGIN ${remove} ${add} END;`;
}
