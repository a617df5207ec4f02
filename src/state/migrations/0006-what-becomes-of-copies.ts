import type { Migration } from './migration';

const ASKED = 'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.';
const KEPT = 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.';
const DECIDED = 'It was changed on the replica and is kept as it is there until the master changes it: decided by ';
const LEFT_OUT = 'The flow kept it back: a node between fetch-changed and push-doc left it out of its batch.';

/** Uploads under way are asked for at every step of a lane: few rows, found without a walk over the many that wait. */
const UNDER_WAY = `
CREATE INDEX idx_sync_map_in_flight ON sync_map(replica_id) WHERE status = 'pending' AND step IN ('uploading', 'consuming');
CREATE INDEX idx_sync_map_intent ON sync_map(replica_id) WHERE intent IS NOT NULL;
`;

/**
 * What became of each create: the document that it made, or since when it is given up with its outcome unknown. What such a one made all the same is told by its
 * bytes, its name and whose it is, where its mark is gone.
 */
const JOURNAL = `
ALTER TABLE intents ADD COLUMN replica_doc_id INTEGER;
ALTER TABLE intents ADD COLUMN given_up_at TEXT;
CREATE INDEX idx_intents_document ON intents(replica_id, master_doc_id);
CREATE INDEX idx_intents_given_up ON intents(replica_id, given_up_at) WHERE given_up_at IS NOT NULL AND replica_doc_id IS NULL;
`;

/**
 * What a copy had when it was last read back, field by field, instead of one hash over all of it that nothing could be told from. What was stored before is
 * forgotten; the next look at each copy learns it.
 */
const OBSERVED = `
ALTER TABLE sync_map RENAME COLUMN observed_fingerprint TO observed_fields;
UPDATE sync_map SET observed_fields = NULL;
`;

/** What rows wait for of which nothing tells when it comes: each is looked at again, ever more seldom. Those that wait already are pushed once more, and noted then. */
const WAITING = `
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
DELETE FROM facts WHERE key GLOB 'asn-held:*';
UPDATE sync_map SET status = 'pending', step = 'queued'
 WHERE status = 'limited' AND EXISTS (SELECT 1 FROM json_each(reasons) WHERE value IN ('asn-held-by-another', 'identical-bytes'));
`;

/** Why a row is held is kept as a code, and said where it is read: what it means followed from its wording before. Sentences of no code are kept as they are. */
const HELD_CODES = `
UPDATE sync_map SET reasons = CASE
  WHEN reasons ->> 0 = '${ASKED}' THEN json_array('drift-asked')
  WHEN reasons ->> 0 = '${KEPT}' THEN json_array('drift-kept')
  WHEN reasons ->> 0 = '${LEFT_OUT}' THEN json_array('left-out')
  WHEN substr(reasons ->> 0, 1, ${DECIDED.length}) = '${DECIDED}' THEN json_array('drift-decided', rtrim(substr(reasons ->> 0, ${DECIDED.length + 1}), '.'))
  WHEN reasons ->> 0 GLOB 'Document [0-9]* adopt_twins is set to hold.' THEN json_array('twin', CAST(CAST(substr(reasons ->> 0, 10) AS INTEGER) AS TEXT))
  ELSE json_array('told', coalesce(reasons ->> 0, ''))
END WHERE status = 'held';
`;

export const whatBecomesOfCopies: Migration = {
  version: 6,
  name: 'what-becomes-of-copies',
  sql: [UNDER_WAY, JOURNAL, OBSERVED, WAITING, HELD_CODES].join(''),
};
