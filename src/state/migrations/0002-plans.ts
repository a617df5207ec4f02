import type { Migration } from './migration';

/**
 * Plans: what would be done, kept so that exactly that is done later or nothing. A plan's steps stand in rows of their own: there may be one for each document.
 * Candidates are the pairs that a resync gave up, until a read has proven or refuted them.
 */
export const plans: Migration = {
  version: 2,
  name: 'plans',
  sql: `
CREATE TABLE plans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  created_at DATETIME NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  applied_at DATETIME,
  refused_at DATETIME
);
CREATE INDEX idx_plans_replica ON plans(replica_id);
CREATE INDEX idx_plans_created ON plans(created_at);

CREATE TABLE plan_steps (
  plan_id INTEGER NOT NULL REFERENCES plans(id) ON DELETE CASCADE,
  master_doc_id INTEGER NOT NULL,
  replica_doc_id INTEGER,
  action TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (plan_id, master_doc_id)
) WITHOUT ROWID;

CREATE TABLE candidates (
  replica_id INTEGER NOT NULL REFERENCES replicas(id) ON DELETE CASCADE,
  master_doc_id INTEGER NOT NULL,
  replica_doc_id INTEGER NOT NULL,
  sha256 TEXT,
  PRIMARY KEY (replica_id, master_doc_id)
) WITHOUT ROWID;
`,
};
