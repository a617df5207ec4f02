import type { Database } from 'better-sqlite3';
import { SchemaVersionError } from '../errors';
import { registry } from './0001-registry';
import { plans } from './0002-plans';
import { copyAdded } from './0003-copy-added';
import { masterByTime } from './0004-master-by-time';
import { candidateAdded } from './0005-candidate-added';
import { whatBecomesOfCopies } from './0006-what-becomes-of-copies';
import type { Migration } from './migration';

export const MIGRATIONS: readonly Migration[] = [registry, plans, copyAdded, masterByTime, candidateAdded, whatBecomesOfCopies];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** "pngx" in ASCII: tells our files from any other program's. */
const APPLICATION_ID = 0x706e_6778;

export function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** Refuses what isn't ours, or comes from a newer release, before anything is written. */
export function checkSchema(db: Database, path: string): void {
  const version = schemaVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new SchemaVersionError(
      path,
      `was written by a newer release (schema ${version}; this one knows ${SCHEMA_VERSION}).`,
      'Install that release again, or restore the backup from before the upgrade.',
    );
  }
  const tables = Number(db.prepare("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").pluck().get());
  const ours = db.pragma('application_id', { simple: true }) === APPLICATION_ID;
  if (tables > 0 && !ours) throw new SchemaVersionError(path, 'belongs to another program.', 'Give the path of a new file.');
}

/** Steps from where the database is to the newest schema, each whole or not at all. Which were applied. */
export function migrate(db: Database, migrations: readonly Migration[] = MIGRATIONS): Migration[] {
  const applied: Migration[] = [];
  for (const migration of migrations) {
    const step = db.transaction(() => {
      // Looked up inside the transaction: another process may have migrated since.
      if (schemaVersion(db) >= migration.version) return;
      db.exec(migration.sql);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${migration.version}`);
      applied.push(migration);
    });
    step.immediate();
  }
  return applied;
}
