import type { Migration } from './migration';

/**
 * What became of each create: the document that it made, or since when it is given up with its outcome unknown. What such a one made all the same is told by its bytes, its name and
 * whose it is, where its mark is gone.
 */
export const journal: Migration = {
  version: 7,
  name: 'journal',
  sql: `
ALTER TABLE intents ADD COLUMN replica_doc_id INTEGER;
ALTER TABLE intents ADD COLUMN given_up_at TEXT;
CREATE INDEX idx_intents_document ON intents(replica_id, master_doc_id);
CREATE INDEX idx_intents_given_up ON intents(replica_id, given_up_at) WHERE given_up_at IS NOT NULL AND replica_doc_id IS NULL;
`,
};
