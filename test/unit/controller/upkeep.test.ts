import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { openStore } from '../../../src/state';
import { plainDocument, smallLibrary } from '../../support/libraries';
import { scenario } from '../../support/scenario';
import { noTaskRow } from '../../support/faults';

const KEY = 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=';
const DAY = 86_400_000;

describe('a backup', () => {
  scenario('follows a run that changed something, whole and usable, and no other', { library: smallLibrary(3), database: 'file' }, async (world) => {
    let backups = 0;
    const { store } = world;
    const backup = store.backup.bind(store);
    store.backup = () => ((backups += 1), backup());
    await world.cycle();
    assert.equal(backups, 1);
    const path = `${store.path}.bak`;
    assert.ok(existsSync(path));
    const copy = openStore({ path, now: () => 0, randomBytes: (n) => new Uint8Array(n), secretKey: KEY, readonly: true });
    assert.deepEqual([copy.quickCheck(), copy.registry.counts(world.idOf()).byStatus.ok, copy.replicas.token(1)], [[], 3, world.replica.token]);
    copy.close();
    await world.cycle();
    assert.equal(backups, 1, 'a run that changed nothing was backed up');
  });

  scenario('is not made where it is off', { library: smallLibrary(1), database: 'file', settings: { backup_enabled: false } }, async (world) => {
    await world.cycle();
    assert.ok(!existsSync(`${world.store.path}.bak`));
  });

  scenario('that fails is told and ends nothing', { library: smallLibrary(1), database: 'file' }, async (world) => {
    world.store.backup = () => Promise.reject(new Error('no room'));
    const summary = await world.cycle();
    assert.equal(summary.synced, 1);
    assert.ok(world.store.logs.query({ level: 'error', limit: 5 }).some((row) => row.message.includes('no room')));
  });
});

describe('log entries', () => {
  scenario(
    'older than their retention go, at the start and after each run',
    { library: smallLibrary(1), database: 'file', settings: { log_retention_days: 2 } },
    async (world) => {
      await world.cycle();
      const old = world.store.logs.query({ limit: 500 }).length;
      assert.ok(old > 0);
      await world.later(1.9 * DAY);
      await world.cycle();
      assert.ok(world.store.logs.query({ limit: 500 }).length > old);
      const newest = world.store.logs.query({ limit: 1 })[0]!.id;
      await world.later(2.1 * DAY);
      await world.startAgain();
      assert.deepEqual(
        world.store.logs.query({ limit: 500 }).filter((row) => row.id <= newest),
        [],
      );
      await world.cycle();
      await world.later(2.1 * DAY);
      await world.cycle();
      const times = world.store.logs.query({ limit: 500 }).map((row) => world.time.now() - Date.parse(row.createdAt));
      assert.ok(Math.max(...times) < 2 * DAY);
    },
  );

  scenario(
    'of a run are found by run, replica and document',
    {
      library: smallLibrary([
        plainDocument(1, {
          file: { originalFileName: 'a.zip', mimeType: 'application/zip', bytes: () => Buffer.from('PK\u0003\u0004'), text: '', pageCount: null },
        }),
      ]),
    },
    async (world) => {
      const { runId } = await world.cycle();
      const [entry] = world.store.logs.query({ docId: 1, limit: 10 });
      assert.deepEqual([entry?.runId, entry?.replicaId, entry?.level], [runId, world.idOf(), 'warning']);
    },
  );
});

describe('the time that an upload may take', () => {
  scenario(
    'is a setting; beyond it the row says what is the matter, and the file is not sent while its task may still run',
    { library: smallLibrary(1), consumeMs: 3_600_000, settings: { task_poll_timeout_seconds: 120, sync_cycle_timeout_seconds: 60 } },
    async (world) => {
      const row = () => world.store.registry.rowFor(world.idOf(), 1)!;
      await world.cycle();
      assert.equal(row().step, 'consuming');
      await world.later(120_000);
      await world.cycle();
      assert.deepEqual([row().status, row().errorCode], ['error', 'task-timed-out']);
      assert.match(row().errorMessage ?? '', /task timed out/u);
      await world.settle(3 * 3_600_000);
      world.assertEqual();
      assert.equal(world.replica.requests.filter((r) => r.operation === 'documents.upload').length, 1);
    },
  );

  scenario(
    'counts from the intent also where no task was ever told',
    { library: smallLibrary(1), settings: { task_poll_timeout_seconds: 600 } },
    async (world) => {
      world.set(noTaskRow(false), { operation: 'documents.upload' });
      await world.cycle();
      const uploads = () => world.replica.requests.filter((r) => r.operation === 'documents.upload').map((r) => r.at);
      const [sent = 0] = uploads();
      await world.later(sent + 500_000 - world.time.now());
      await world.cycle();
      assert.equal(uploads().length, 1);
      await world.later(Math.max(0, sent + 601_000 - world.time.now()));
      await world.cycle();
      assert.equal(uploads().length, 2);
      await world.settle();
      world.assertEqual();
    },
  );
});
