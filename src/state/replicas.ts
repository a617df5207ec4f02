import type { Context } from './context';
import { InvalidReplicaError, NotFoundError, ReplicaExistsError } from './errors';
import type { ReplicaRow } from './rows';
import type { NewReplica, Replicas } from './store';
import { instanceUrl, urlKey } from './url';

const COLUMNS = `id, name, url, enabled, sync_interval_seconds AS syncIntervalSeconds, last_sync_ts AS lastSyncTs, consecutive_failures AS consecutiveFailures,
  suspended_at AS suspendedAt, last_alert_at AS lastAlertAt, created_at AS createdAt, options, version, document_count AS documentCount,
  last_contact_at AS lastContactAt, last_error AS lastError`;

type StoredReplica = Omit<ReplicaRow, 'enabled'> & { enabled: number };

interface Fields {
  name: string;
  url: string;
  urlKey: string;
  token: string;
  enabled: number;
  syncIntervalSeconds: number | null;
  options: string;
}

export function createReplicas({ db, box, iso }: Context): Replicas {
  const byId = db.prepare<[number], StoredReplica>(`SELECT ${COLUMNS} FROM replicas WHERE id = ?`);
  const byName = db.prepare<[string], StoredReplica>(`SELECT ${COLUMNS} FROM replicas WHERE name = ?`);
  const list = db.prepare<[], StoredReplica>(`SELECT ${COLUMNS} FROM replicas ORDER BY id`);
  const token = db.prepare<[number], string>('SELECT api_token FROM replicas WHERE id = ?').pluck();
  const sameName = db.prepare<[string, number], number>('SELECT id FROM replicas WHERE name = ? AND id <> ?').pluck();
  const sameUrl = db.prepare<[string, number], number>('SELECT id FROM replicas WHERE url_key = ? AND id <> ?').pluck();
  const insert = db.prepare<[Fields & { at: string }]>(
    `INSERT INTO replicas (name, url, url_key, api_token, enabled, sync_interval_seconds, options, created_at)
     VALUES (@name, @url, @urlKey, @token, @enabled, @syncIntervalSeconds, @options, @at)`,
  );
  const write = db.prepare<[Fields & { id: number }]>(
    `UPDATE replicas SET name = @name, url = @url, url_key = @urlKey, api_token = @token, enabled = @enabled,
       sync_interval_seconds = @syncIntervalSeconds, options = @options WHERE id = @id`,
  );
  const remove = db.prepare<[number]>('DELETE FROM replicas WHERE id = ?');
  const uncount = db.prepare<[number]>('DELETE FROM sync_counts WHERE replica_id = ?');
  const contact = db.prepare<[{ id: number; version: string | null; documentCount: number | null; at: string }]>(
    `UPDATE replicas SET version = coalesce(@version, version), document_count = coalesce(@documentCount, document_count),
       last_contact_at = @at, last_error = NULL WHERE id = @id`,
  );
  const failed = db.prepare<[string, number]>('UPDATE replicas SET consecutive_failures = consecutive_failures + 1, last_error = ? WHERE id = ?');
  const suspend = db.prepare<[string, number, number]>(
    'UPDATE replicas SET suspended_at = ? WHERE id = ? AND suspended_at IS NULL AND consecutive_failures >= ?',
  );
  const succeeded = db.prepare<[string, number]>('UPDATE replicas SET consecutive_failures = 0, last_sync_ts = ?, last_error = NULL WHERE id = ?');
  const unsuspend = db.prepare<[number]>('UPDATE replicas SET suspended_at = NULL, consecutive_failures = 0 WHERE id = ?');
  const alerted = db.prepare<[string, number]>('UPDATE replicas SET last_alert_at = ? WHERE id = ?');

  function get(id: number): ReplicaRow {
    const row = byId.get(id);
    if (row === undefined) throw new NotFoundError('replica', id);
    return toReplica(row);
  }

  function sealed(id: number): string {
    const value = token.get(id);
    if (value === undefined) throw new NotFoundError('replica', id);
    return value;
  }

  function refuseTwins(fields: Fields, id: number): void {
    if (sameName.get(fields.name, id) !== undefined) throw new ReplicaExistsError('name', fields.name);
    if (sameUrl.get(fields.urlKey, id) !== undefined) throw new ReplicaExistsError('url', fields.url);
  }

  function changed({ changes }: { changes: number }, id: number): void {
    if (changes === 0) throw new NotFoundError('replica', id);
  }

  return {
    add: (replica) =>
      db
        .transaction(() => {
          const fields = { ...check(replica), token: box.seal(checkToken(replica.token)) };
          refuseTwins(fields, 0);
          return get(Number(insert.run({ ...fields, at: iso() }).lastInsertRowid));
        })
        .immediate(),
    get(id) {
      const row = byId.get(id);
      return row === undefined ? null : toReplica(row);
    },
    byName(name) {
      const row = byName.get(name);
      return row === undefined ? null : toReplica(row);
    },
    list: () => list.all().map(toReplica),
    update: (id, change) =>
      db
        .transaction(() => {
          const given = Object.fromEntries(Object.entries(change).filter(([, value]: [string, unknown]) => value !== undefined));
          const checked = check({ ...get(id), ...given });
          const fields = { ...checked, token: change.token === undefined ? sealed(id) : box.seal(checkToken(change.token)) };
          refuseTwins(fields, id);
          write.run({ ...fields, id });
          return get(id);
        })
        .immediate(),
    remove: (id) =>
      db
        .transaction(() => {
          changed(remove.run(id), id);
          uncount.run(id);
        })
        .immediate(),
    token: (id) => box.open(sealed(id), `The token of the replica ${get(id).name}`),
    contact: (id, { version, documentCount, at }) =>
      changed(contact.run({ id, version: version ?? null, documentCount: documentCount ?? null, at }), id),
    failed: (id, message, threshold, at) =>
      db
        .transaction(() => {
          changed(failed.run(message, id), id);
          return suspend.run(at, id, threshold).changes === 1;
        })
        .immediate(),
    succeeded: (id, at) => changed(succeeded.run(at, id), id),
    unsuspend: (id) => changed(unsuspend.run(id), id),
    alerted: (id, at) => changed(alerted.run(at, id), id),
  };
}

function toReplica(stored: StoredReplica): ReplicaRow {
  return { ...stored, enabled: stored.enabled === 1 };
}

function check(replica: Omit<NewReplica, 'token'>): Omit<Fields, 'token'> {
  const { enabled = true, syncIntervalSeconds = null, options = '{}' } = replica;
  const name = replica.name.trim();
  // The name goes into metrics' labels, logs and messages.
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) {
    throw new InvalidReplicaError('name', 'A replica needs a name of at most 100 characters, on one line.');
  }
  if (syncIntervalSeconds !== null && !(Number.isSafeInteger(syncIntervalSeconds) && syncIntervalSeconds > 0)) {
    throw new InvalidReplicaError(
      'syncIntervalSeconds',
      `The interval of ${name} must be a whole number of seconds above 0, or empty for the global one.`,
    );
  }
  if (!isObject(options)) throw new InvalidReplicaError('options', `The options of ${name} must be a JSON object.`);
  const url = checkUrl(name, replica.url);
  return { name, url, urlKey: urlKey(url), enabled: enabled ? 1 : 0, syncIntervalSeconds, options };
}

function checkUrl(name: string, text: string): string {
  try {
    return instanceUrl(text);
  } catch (error) {
    throw new InvalidReplicaError('url', `The address of ${name} ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkToken(token: string): string {
  const trimmed = token.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new InvalidReplicaError('token', 'A replica needs an API token: one word of plain characters, from its profile page in paperless.');
  }
  return trimmed;
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
