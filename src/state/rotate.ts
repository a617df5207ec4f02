import type { Database } from 'better-sqlite3';
import { parseKey, secretBox } from './fernet';
import { SECRET_KEYS } from './settings-definitions';

/**
 * Every stored secret from the old key to the new one, in one transaction: all or nothing. How many there were.
 * Throws SecretKeyError for a malformed key and InvalidTokenError when one doesn't open with the old key.
 */
export function rotate(db: Database, oldKey: string, newKey: string, env: { now: () => number; randomBytes: (n: number) => Uint8Array }): number {
  const from = secretBox(parseKey(oldKey), env.now, env.randomBytes);
  const to = secretBox(parseKey(newKey), env.now, env.randomBytes);
  return db
    .transaction(() => {
      const secrets = storedSecrets(db);
      for (const { table, id, token, what } of secrets) {
        const sealed = to.seal(from.open(token, what));
        if (table === 'replicas') db.prepare('UPDATE replicas SET api_token = ? WHERE id = ?').run(sealed, id);
        else db.prepare('UPDATE settings SET value = ? WHERE key = ?').run(sealed, id);
      }
      return secrets.length;
    })
    .immediate();
}

export interface StoredSecret {
  table: 'replicas' | 'settings';
  id: number | string;
  token: string;
  /** Its name in a sentence. */
  what: string;
}

export function storedSecrets(db: Database): StoredSecret[] {
  const replicas = db.prepare<[], { id: number; name: string; token: string }>('SELECT id, name, api_token AS token FROM replicas').all();
  const settings = db
    .prepare<[string], { key: string; token: string }>(
      `SELECT key, value AS token FROM settings WHERE key IN (SELECT value FROM json_each(?)) AND value <> ''`,
    )
    .all(JSON.stringify(SECRET_KEYS));
  return [
    ...settings.map(({ key, token }) => ({ table: 'settings' as const, id: key, token, what: `The setting ${key}` })),
    ...replicas.map(({ id, name, token }) => ({ table: 'replicas' as const, id, token, what: `The token of the replica ${name}` })),
  ];
}
