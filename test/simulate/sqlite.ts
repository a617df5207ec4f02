import SqliteDatabase, { SqliteError } from 'better-sqlite3';

/** One statement, before it runs. */
export interface Statement {
  /** Path of its database. */
  database: string;
  source: string;
  writes: boolean;
}

export interface StatementHooks {
  /** May throw in the statement's place. */
  before(statement: Statement): void;
  /** A transaction, or a statement of its own, is on the disk. */
  committed(database: string): void;
}

interface Native {
  source: string;
  readonly: boolean;
  database: { name: string; inTransaction: boolean };
}

let hooks: StatementHooks | null = null;
let patched = false;

/** Lets `next` see every statement of this process's databases; null ends that. For one story at a time. */
export function hookStatements(next: StatementHooks | null): void {
  hooks = next;
  if (patched || next === null) return;
  patched = true;
  const probe = new SqliteDatabase(':memory:');
  const prototype = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Record<string, (...given: unknown[]) => unknown>;
  probe.close();
  for (const name of ['run', 'get', 'all', 'iterate'] as const) {
    const plain = prototype[name];
    if (plain === undefined) throw new Error(`better-sqlite3 has no Statement.${name}`);
    prototype[name] = function (this: Native, ...given: unknown[]): unknown {
      if (hooks === null) return plain.apply(this, given);
      const statement = { database: this.database.name, source: this.source, writes: !this.readonly };
      // A rollback that fails is a broken disk under SQLite's own journal, which the next opening mends.
      if (!this.source.startsWith('ROLLBACK')) hooks.before(statement);
      const result = plain.apply(this, given);
      if (!this.database.inTransaction && (statement.writes || this.source === 'COMMIT')) hooks.committed(statement.database);
      return result;
    };
  }
}

/** What the test itself asks a database for. */
export function unheard<T>(look: () => T): T {
  const before = hooks;
  hooks = null;
  try {
    return look();
  } finally {
    hooks = before;
  }
}

/** As SQLite itself fails. */
export function sqliteError(kind: 'sqlite-busy' | 'sqlite-full' | 'sqlite-ioerr'): Error {
  switch (kind) {
    case 'sqlite-busy':
      return new SqliteError('database is locked', 'SQLITE_BUSY');
    case 'sqlite-full':
      return new SqliteError('database or disk is full', 'SQLITE_FULL');
    case 'sqlite-ioerr':
      return new SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');
  }
}
