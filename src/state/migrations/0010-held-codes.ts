import type { Migration } from './migration';

const ASKED = 'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.';
const KEPT = 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.';
const DECIDED = 'It was changed on the replica and is kept as it is there until the master changes it: decided by ';
const LEFT_OUT = 'The flow kept it back: a node between fetch-changed and push-doc left it out of its batch.';

/** Why a row is held is kept as a code, and said where it is read: what it means followed from its wording before. Sentences of no code are kept as they are. */
export const heldCodes: Migration = {
  version: 10,
  name: 'held-codes',
  sql: `UPDATE sync_map SET reasons = CASE
  WHEN reasons ->> 0 = '${ASKED}' THEN json_array('drift-asked')
  WHEN reasons ->> 0 = '${KEPT}' THEN json_array('drift-kept')
  WHEN reasons ->> 0 = '${LEFT_OUT}' THEN json_array('left-out')
  WHEN substr(reasons ->> 0, 1, ${DECIDED.length}) = '${DECIDED}' THEN json_array('drift-decided', rtrim(substr(reasons ->> 0, ${DECIDED.length + 1}), '.'))
  WHEN reasons ->> 0 GLOB 'Document [0-9]* adopt_twins is set to hold.' THEN json_array('twin', CAST(CAST(substr(reasons ->> 0, 10) AS INTEGER) AS TEXT))
  ELSE json_array('told', coalesce(reasons ->> 0, ''))
END WHERE status = 'held';`,
};
