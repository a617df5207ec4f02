import assert from 'node:assert/strict';
import { openFailures } from '../../nodes/shared/controllers';
import { FakeController } from './fake-controller';
import { helper, load, secretKey, settle, unload, type TestNode } from './runtime';

describe('the controller node', () => {
  const before = { ...process.env };
  afterEach(async () => {
    await unload();
    for (const name of ['DATABASE_URL', 'SECRET_KEY', 'MASTER_URL', 'MASTER_TOKEN']) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  });

  it('takes from the environment what it is not told', async () => {
    Object.assign(process.env, { DATABASE_URL: 'sqlite:////srv/db.sqlite3', SECRET_KEY: secretKey, MASTER_URL: 'http://master', MASTER_TOKEN: 't' });
    const fake = new FakeController();
    await helperLoad(fake, { id: 'config', type: 'paperless-config', database: '' }, {});
    assert.deepEqual(fake.opened[0], {
      databasePath: '/srv/db.sqlite3',
      secretKey,
      seed: { masterUrl: 'http://master', masterToken: 't' },
      logToStdout: true,
    });
  });

  it('keeps its own credential before the environment', async () => {
    process.env['SECRET_KEY'] = `${Buffer.alloc(32, 1).toString('base64url')}=`;
    const fake = new FakeController();
    await helperLoad(fake, { id: 'config', type: 'paperless-config', database: 'sqlite:////srv/db.sqlite3' }, { secretKey });
    assert.equal(fake.opened[0]?.secretKey, secretKey);
  });

  for (const [what, config, code] of [
    ['no database', { database: '' }, 'no-database'],
    ['an address of another kind', { database: 'postgres://me:secret@host/db' }, 'database-address'],
    ['no key', { database: 'sqlite:////srv/db.sqlite3' }, 'secret_key'],
  ] as const) {
    it(`refuses ${what}, and tells no secret`, async () => {
      for (const name of ['DATABASE_URL', 'SECRET_KEY']) Reflect.deleteProperty(process.env, name);
      const fake = new FakeController();
      await helperLoad(fake, { id: 'config', type: 'paperless-config', ...config }, {});
      assert.deepEqual(openFailures(), [code]);
      assert.deepEqual(fake.opened, []);
      assert.ok(!JSON.stringify(helper.log().args).includes('secret@'));
      await helper.clearFlows();
      assert.deepEqual(openFailures(), []);
    });
  }

  async function helperLoad(fake: FakeController, config: TestNode, credentials: object): Promise<void> {
    await load(fake, [{ id: 'tab', type: 'tab', label: 'test' }, config], [], { config: credentials });
    await settle();
  }
});
