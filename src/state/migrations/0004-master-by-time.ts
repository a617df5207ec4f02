import type { Migration } from './migration';

/** The documents of the master that changed last, by which a preflight tells whether its times went back. */
export const masterByTime: Migration = {
  version: 4,
  name: 'master-by-time',
  sql: 'CREATE INDEX idx_master_docs_time ON master_docs(modified_ms) WHERE gone_since IS NULL;',
};
