import type { Migration } from './migration';

/**
 * What a copy had when it was last read back, field by field, instead of one hash over all of it that nothing could be told from. What was stored before is
 * forgotten; the next look at each copy learns it.
 */
export const observedFields: Migration = {
  version: 8,
  name: 'observed-fields',
  sql: `ALTER TABLE sync_map RENAME COLUMN observed_fingerprint TO observed_fields;
UPDATE sync_map SET observed_fields = NULL;`,
};
