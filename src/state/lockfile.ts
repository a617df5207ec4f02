import SqliteDatabase, { type Database, SqliteError } from 'better-sqlite3';
import { DatabaseInUseError, DatabaseUnwritableError } from './errors';
import { checkWritable } from './files';

export interface DatabaseLock {
  /** Gives the database free; a second call does nothing. */
  release(): void;
}

/** A connection that nobody refers to is closed by the garbage collector, and its lock is gone: these are referred to. */
const held = new Set<Database>();

/**
 * One process per database: an exclusive transaction on `<path>.lock`, held until released. The kernel ends it with the process, also on `kill -9`, so there is
 * nothing to clean up and no stale lock. Throws DatabaseInUseError. (Nothing else in this process may open that file: closing it would drop the lock.)
 */
export function lockDatabase(path: string): DatabaseLock {
  const file = `${path}.lock`;
  checkWritable(file);
  const db = new SqliteDatabase(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')) throw new DatabaseInUseError(path);
    throw new DatabaseUnwritableError(
      path,
      `its lock ${file} can't be taken (${error instanceof Error ? error.message : String(error)})`,
      'Remove that file while no controller runs, and start again.',
      { cause: error },
    );
  }
  held.add(db);
  return {
    release() {
      if (!held.delete(db)) return;
      db.exec('ROLLBACK');
      db.close();
    },
  };
}
