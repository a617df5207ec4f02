import type { Migration } from './migration';

/** When a copy arrived on its replica, as the replica says: it never changes, and tells a copy from another document that was given its number. */
export const copyAdded: Migration = {
  version: 3,
  name: 'copy-added',
  sql: 'ALTER TABLE sync_map ADD COLUMN copy_added TEXT;',
};
