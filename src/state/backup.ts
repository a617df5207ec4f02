import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { StateError } from './errors';

/**
 * Copies a live database to `<path>.bak`. It is written beside and takes the old backup's place in one step, on disk before it does,
 * so that there is a whole backup at every moment. Throws StateError (`backup_failed`) and leaves the old one.
 */
export async function backup(db: Database, path: string): Promise<void> {
  if (db.memory) throw new StateError('backup_failed', 'A database in memory has no place for a backup.', 'Give the controller a file.');
  const target = `${path}.bak`;
  const beside = `${target}.new`;
  try {
    await rm(beside, { force: true });
    await (await open(beside, 'wx', 0o600)).close(); // it holds tokens, if encrypted ones
    await db.backup(beside);
    await flush(beside);
    await rename(beside, target);
    await flush(dirname(path));
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    throw new StateError(
      'backup_failed',
      `The backup ${target} couldn't be written: ${why}.`,
      'Make room on the disk, or make the folder writable.',
      {
        cause: error,
      },
    );
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
