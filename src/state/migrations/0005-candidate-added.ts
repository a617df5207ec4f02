import type { Migration } from './migration';

/** When the copy of a pair that a resync gave up arrived: what lies in the replica's trash under its number may be somebody's. */
export const candidateAdded: Migration = {
  version: 5,
  name: 'candidate-added',
  sql: 'ALTER TABLE candidates ADD COLUMN copy_added TEXT;',
};
