import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { checkedSecretKey, databaseOf, databasePath, newSecretKey, openOptionsOf } from '../../../src/api';
import { ConfigError } from '../../../src/controller';
import { SecretKeyError } from '../../../src/state';

const KEY = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';

function configError(code: string) {
  return (error: unknown): boolean => error instanceof ConfigError && error.code === code && error.nextStep.length > 10;
}

describe('environment', () => {
  it('reads absolute, relative and escaped database addresses', () => {
    assert.equal(databasePath('sqlite:////data/db.sqlite3'), '/data/db.sqlite3');
    assert.equal(databasePath('sqlite:///x/db.sqlite3'), resolve('x/db.sqlite3'));
    assert.equal(databasePath('sqlite:////data/my%20db.sqlite3'), '/data/my db.sqlite3');
    assert.equal(databasePath('sqlite:////data/100%.sqlite3'), '/data/100%.sqlite3');
    assert.equal(databaseOf({}), resolve('data/db.sqlite3'));
    assert.equal(databaseOf({ DATABASE_URL: ' ', DATA_DIR: '/data' }), '/data/db.sqlite3');
    assert.equal(databaseOf({ DATABASE_URL: 'sqlite:////elsewhere/x', DATA_DIR: '/data' }), '/elsewhere/x');
  });

  for (const address of [
    'postgres://u:p@h/db',
    'sqlite://',
    'sqlite:///',
    'sqlite:///:memory:',
    '/data/db.sqlite3',
    'sqlite:////data/',
    'sqlite:////d/x?mode=ro',
  ]) {
    it(`refuses ${address} as a database`, () => {
      assert.throws(() => databasePath(address), configError('database-address'));
    });
  }

  it('shows no password of a refused address', () => {
    assert.throws(
      () => databasePath('postgres://me:hunter2@host/db'),
      (error: Error) => !error.message.includes('hunter2'),
    );
  });

  it('refuses a missing and a malformed key, and shows neither', () => {
    assert.equal(checkedSecretKey(` ${KEY}\n`), KEY);
    assert.equal(checkedSecretKey(newSecretKey()).length, 44);
    for (const bad of [undefined, '  ', 'secret', KEY.slice(1), `${KEY}A`, KEY.replace('-', '!')]) {
      assert.throws(
        () => checkedSecretKey(bad),
        (error) => error instanceof SecretKeyError && error.message.includes('pngx new-key') && !error.message.includes(bad?.trim() || 'undefined'),
      );
    }
  });

  it('seeds only what is set', () => {
    assert.deepEqual(openOptionsOf({ SECRET_KEY: KEY, DATA_DIR: '/data', MASTER_URL: 'http://m', MASTER_TOKEN: '' }), {
      databasePath: '/data/db.sqlite3',
      secretKey: KEY,
      seed: { masterUrl: 'http://m' },
    });
  });
});
