import { existsSync } from 'node:fs';
import SqliteDatabase, { type Database, SqliteError } from 'better-sqlite3';
import { createAudit } from './audit';
import { backup } from './backup';
import type { Context } from './context';
import { createCandidates } from './candidates';
import { createWaiting } from './waiting';
import { createEntities } from './entities';
import { DatabaseUnusableError, SchemaVersionError, SecretKeyError } from './errors';
import { createEvents } from './events';
import { parseKey, type SecretBox, secretBox } from './fernet';
import { checkWritable } from './files';
import { createLease } from './lease';
import { createLogs } from './logs';
import { checkSchema, migrate, SCHEMA_VERSION, schemaVersion } from './migrations';
import { createPlans } from './plans';
import { createRegistry } from './registry';
import { createReplicas } from './replicas';
import { storedSecrets } from './rotate';
import { createRuns } from './runs';
import { createSettings } from './settings';
import type { Store } from './store';

export interface StoreOptions {
  /** A file, or ':memory:'. */
  path: string;
  /** Milliseconds since 1970. */
  now: () => number;
  randomBytes: (n: number) => Uint8Array;
  /** A Fernet key; all secrets in the database are under it. */
  secretKey: string;
  /** For commands that only look, beside a running controller: never creates, never migrates. */
  readonly?: boolean;
}

/**
 * Opens one database, made and migrated as need be. Throws SecretKeyError, DatabaseUnwritableError, DatabaseUnusableError or SchemaVersionError,
 * each before anything is written. Whoever writes holds `lockDatabase(path)` as well.
 */
export function openStore(options: StoreOptions): Store {
  const { path, now, readonly = false } = options;
  const box = secretBox(parseKey(options.secretKey), now, options.randomBytes);
  const db = openDatabase(path, readonly);
  try {
    checkKey(db, box);
    return assemble({ db, box, now, iso: () => new Date(now()).toISOString() }, path, readonly);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The database alone, checked, migrated and set up; for what works below the store. */
export function openDatabase(path: string, readonly = false): Database {
  const memory = path === ':memory:';
  if (readonly && !existsSync(path)) {
    throw new DatabaseUnusableError(path, "it isn't there", 'Start the controller once, or give the right path.');
  }
  if (!memory && !readonly) checkWritable(path);
  const db = connect(path, readonly);
  try {
    checkSchema(db, path);
    db.pragma('foreign_keys = ON');
    if (readonly) {
      if (schemaVersion(db) < SCHEMA_VERSION) {
        throw new SchemaVersionError(path, 'is of an older release.', 'Start the controller once; it brings the database up to date.');
      }
      return db;
    }
    if (!memory) {
      db.pragma('journal_mode = WAL');
      // An intent must outlive a power cut before its request is sent; NORMAL would only promise that the file stays whole.
      db.pragma('synchronous = FULL');
      db.pragma('journal_size_limit = 67108864');
    }
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && (error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT'))) {
      throw new DatabaseUnusableError(path, `it isn't a whole SQLite database (${error.message})`, `Restore ${path}.bak, or give the right path.`, {
        cause: error,
      });
    }
    throw error;
  }
}

function connect(path: string, readonly: boolean): Database {
  try {
    return new SqliteDatabase(path, { readonly, timeout: 5000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DatabaseUnusableError(path, why, 'Give the path of a database that this user may read.', { cause: error });
  }
}

/** A well-formed key that opens nothing of what is stored is the wrong one; better told now than at the first request. */
function checkKey(db: Database, box: SecretBox): void {
  const secrets = storedSecrets(db);
  if (secrets.length === 0) return;
  const opens = secrets.some(({ token, what }) => {
    try {
      box.open(token, what);
      return true;
    } catch {
      return false;
    }
  });
  if (!opens) {
    throw new SecretKeyError(
      "SECRET_KEY isn't the key that this database's tokens are stored under.",
      'Set the old key again, or change it with `pngx rotate-key`.',
    );
  }
}

function assemble(context: Context, path: string, readonly: boolean): Store {
  const { db } = context;
  const lease = createLease(context);
  const run = <T>(work: () => T): T => {
    const transaction = db.transaction(work);
    return readonly ? transaction() : transaction.immediate();
  };
  let copying: Promise<void> | null = null;
  return {
    path,
    settings: createSettings(context),
    replicas: createReplicas(context),
    registry: createRegistry(context),
    entities: createEntities(context),
    runs: createRuns(context),
    logs: createLogs(context),
    events: createEvents(context),
    audit: createAudit(context),
    plans: createPlans(context),
    candidates: createCandidates(context),
    waiting: createWaiting(context),
    lease,
    transaction: run,
    fenced: (epoch, work) =>
      run(() => {
        lease.check(epoch);
        return work();
      }),
    backup() {
      copying ??= backup(db, path).finally(() => (copying = null));
      return copying;
    },
    quickCheck: () => quickCheck(db),
    close: () => void db.close(),
  };
}

function quickCheck(db: Database): string[] {
  try {
    const found = db.prepare<[], string>('PRAGMA quick_check').pluck().all();
    return found.length === 1 && found[0] === 'ok' ? [] : found;
  } catch (error) {
    // Where the damage is bad enough, the check itself fails.
    if (error instanceof SqliteError) return [error.message];
    throw error;
  }
}
