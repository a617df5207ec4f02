import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { ConfigError, type OpenOptions } from '../controller/types';
import { generateKey, instanceUrl, parseKey } from '../state';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The file behind a database address, as SQLAlchemy writes them: `sqlite:////data/db.sqlite3` (absolute), `sqlite:///db.sqlite3` (relative to the working directory).
 * Throws ConfigError that says what to write instead.
 */
export function databasePath(address: string): string {
  const prefix = 'sqlite:///';
  const path = address.startsWith(prefix) ? address.slice(prefix.length) : '';
  if (path === '' || path === ':memory:' || path.endsWith('/') || path.includes('?')) {
    throw new ConfigError(
      'database-address',
      `DATABASE_URL is "${address.replace(/\/\/[^/]*@/, '//…@')}", which doesn't name a SQLite file.`,
      'Write sqlite:/// and the path of the file, such as sqlite:////data/db.sqlite3 (four slashes: absolute) or sqlite:///db.sqlite3 (three: relative).',
    );
  }
  try {
    return resolve(decodeURIComponent(path));
  } catch {
    return resolve(path);
  }
}

/** A Fernet key: 32 bytes in URL-safe base64. Throws SecretKeyError, which never shows the key. */
export function checkedSecretKey(key: string | undefined): string {
  const trimmed = key?.trim() ?? '';
  parseKey(trimmed);
  return trimmed;
}

/** A new Fernet key. */
export function newSecretKey(): string {
  return generateKey((n) => randomBytes(n));
}

/** Everything that must outlive a restart: DATA_DIR, or `data` in the working directory. */
export function dataFolderOf(env: Environment): string {
  return resolve(set(env.DATA_DIR) ?? 'data');
}

/** The database's file: DATABASE_URL, or `db.sqlite3` in the data folder. Throws ConfigError. */
export function databaseOf(env: Environment): string {
  const address = set(env.DATABASE_URL);
  return address === undefined ? join(dataFolderOf(env), 'db.sqlite3') : databasePath(address);
}

function set(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function checkedMasterUrl(url: string | undefined): string | undefined {
  try {
    return url === undefined ? undefined : instanceUrl(url);
  } catch (error) {
    throw new ConfigError(
      'master-url',
      `MASTER_URL ${(error as Error).message}`,
      'Set it to the address of the master, without user, query or fragment.',
    );
  }
}

/** What opens a controller, from SECRET_KEY, DATABASE_URL (or DATA_DIR), MASTER_URL and MASTER_TOKEN. Throws ConfigError or SecretKeyError. */
export function openOptionsOf(env: Environment): OpenOptions {
  const secretKey = checkedSecretKey(env.SECRET_KEY);
  const masterUrl = checkedMasterUrl(set(env.MASTER_URL));
  const masterToken = set(env.MASTER_TOKEN);
  return {
    databasePath: databaseOf(env),
    secretKey,
    seed: { ...(masterUrl === undefined ? {} : { masterUrl }), ...(masterToken === undefined ? {} : { masterToken }) },
  };
}
