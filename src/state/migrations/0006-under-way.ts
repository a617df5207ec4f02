import type { Migration } from './migration';

/** Uploads under way are asked for at every step of a lane: few rows, found without a walk over the many that wait. */
export const underWay: Migration = {
  version: 6,
  name: 'under-way',
  sql: `
CREATE INDEX idx_sync_map_in_flight ON sync_map(replica_id) WHERE status = 'pending' AND step IN ('uploading', 'consuming');
CREATE INDEX idx_sync_map_intent ON sync_map(replica_id) WHERE intent IS NOT NULL;
`,
};
