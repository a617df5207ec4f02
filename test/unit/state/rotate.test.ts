import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InvalidTokenError, openDatabase, rotate, SecretKeyError } from '../../../src/state';
import { Clock, addReplica, counterBytes, folder, KEY, OTHER_KEY, store } from './support';

const env = { now: new Clock().now, randomBytes: counterBytes('rotation') };

describe('Changing the key', () => {
  const path = folder();

  function filled(name: string): string {
    const file = join(path(), name);
    const s = store({ path: file });
    addReplica(s, 'a');
    addReplica(s, 'b');
    s.settings.set('master_token', 'the master');
    s.close();
    return file;
  }

  const secrets = (file: string): string[] => {
    const db = openDatabase(file);
    const all = db
      .prepare<[], string>("SELECT api_token FROM replicas UNION ALL SELECT value FROM settings WHERE key = 'master_token'")
      .pluck()
      .all();
    db.close();
    return all;
  };

  it('seals every secret anew, under the new key alone', () => {
    const file = filled('rotate.sqlite3');
    const db = openDatabase(file);
    assert.equal(rotate(db, KEY, OTHER_KEY, env), 3);
    db.close();
    assert.throws(() => store({ path: file, secretKey: KEY }), SecretKeyError);
    const s = store({ path: file, secretKey: OTHER_KEY });
    assert.deepEqual([s.replicas.token(1), s.replicas.token(2), s.settings.secret('master_token')], ['token-of-a', 'token-of-b', 'the master']);
    s.close();
  });

  it('changes nothing when one secret does not open with the old key', () => {
    const file = filled('half.sqlite3');
    const db = openDatabase(file);
    db.prepare("UPDATE replicas SET api_token = ? WHERE name = 'b'").run('gAAAAA');
    db.close();
    const before = secrets(file);
    const again = openDatabase(file);
    assert.throws(
      () => rotate(again, KEY, OTHER_KEY, env),
      (error: unknown) => error instanceof InvalidTokenError && error.message.includes('The token of the replica b'),
    );
    again.close();
    assert.deepEqual(secrets(file), before);
  });

  it('refuses a malformed key on either side, before it reads a secret', () => {
    const file = filled('malformed.sqlite3');
    const db = openDatabase(file);
    assert.throws(() => rotate(db, 'old', OTHER_KEY, env), SecretKeyError);
    assert.throws(() => rotate(db, KEY, '', env), SecretKeyError);
    db.close();
    store({ path: file }).close();
  });
});
