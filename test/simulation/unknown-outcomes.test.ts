import assert from 'node:assert/strict';
import {
  errorAfter,
  errorBefore,
  flipByte,
  halfWritten,
  halve,
  loseReply,
  loseRequest,
  noTaskRow,
  silence,
  truncate,
  type Fault,
} from '../support/faults';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { Site } from '../support/site';
import type { World } from '../support/world';

const library = smallLibrary(
  [1, 2, 3, 4].map((key) => plainDocument(key, { tags: ['T'], correspondent: 'C', notes: [{ text: 'n', created: '2026-10-02T10:00:00Z' }] })),
  {
    tags: [{ name: 'T' }],
    correspondents: [{ name: 'C' }],
  },
);

const upload = { operation: 'documents.upload' };

/** Uploads of these bytes that reached a server, told by their sizes and times. */
function uploads(site: Site): number[] {
  return site.requests.filter((r) => r.operation === 'documents.upload').map((r) => r.at);
}

function logged(world: World, words: RegExp): string[] {
  return world.store.logs
    .query({ limit: 500 })
    .map((row) => row.message)
    .filter((message) => words.test(message));
}

describe('an upload of unknown outcome', () => {
  const made: [string, Fault][] = [
    ['whose reply was lost', loseReply],
    ['answered 500 after it was kept', errorAfter],
    ['whose answer broke off', truncate],
    ['whose server went silent after it', async (passage) => (await passage.serve(), silence(passage))],
  ];
  for (const [what, fault] of made) {
    onEachPair(`${what} is found again and never doubled`, { library }, async (world) => {
      const lost = world.set(fault, { ...upload, times: 2 });
      await world.settle();
      assert.equal(lost.hits, 2);
      world.assertEqual();
      assert.equal(uploads(world.replica).length, 4, 'a file was sent again though its document was made');
      assert.equal(world.replica.instance.store.documents.size, 4);
    });
  }

  const unmade: [string, Fault][] = [
    ['that never arrived', loseRequest],
    ['answered 500 and not kept', errorBefore],
    ['answered with a task whose row never was, and not kept', noTaskRow(false)],
  ];
  for (const [what, fault] of unmade) {
    onEachPair(
      `${what} is sent again, but not before the time for its task is over`,
      { library, settings: { task_poll_timeout_seconds: 300 } },
      async (world) => {
        const lost = world.set(fault, upload);
        await world.settle();
        assert.equal(lost.hits, 1);
        world.assertEqual();
        const times = uploads(world.replica);
        assert.equal(times.length, 5);
        assert.ok(times[4]! - times[0]! >= 300_000, `sent again after ${times[4]! - times[0]!} ms`);
        assert.equal(logged(world, /left no trace there; it is sent again/u).length, 1);
      },
    );
  }

  onEachPair('whose task has no row though its document was made is found by its nonce', { library }, async (world) => {
    const lost = world.set(noTaskRow(true), { ...upload, times: 2 });
    await world.settle();
    assert.equal(lost.hits, 2);
    world.assertEqual();
    assert.equal(uploads(world.replica).length, 4);
  });

  onEachPair(
    'behind a long queue on the replica is waited for',
    { library, consumeMs: 240_000, settings: { task_poll_timeout_seconds: 300 } },
    async (world) => {
      world.set(loseReply, { ...upload, times: 4 });
      await world.settle(6 * 3_600_000);
      world.assertEqual();
      assert.equal(world.replica.instance.store.documents.size, 4, 'doubled');
      assert.equal(uploads(world.replica).length, 4);
    },
  );

  onEachPair('whose task stays started though its document is there is settled by looking', { library }, async (world) => {
    const { store } = world.replica.instance;
    let stuck: number | undefined;
    world.onRequest(() => {
      // The worker lost the lock when it closed the row.
      const task = store.tasks.all().find((row) => row.outcome?.kind === 'document' && (stuck === undefined || row.id === stuck));
      if (task !== undefined) {
        stuck = task.id;
        Object.assign(task, { status: 'started', outcome: null, done: null });
      }
      return Promise.resolve();
    });
    const runs = await world.settle();
    assert.ok(stuck !== undefined);
    world.assertEqual();
    assert.ok(!runs.some((run) => run.timedOut), 'one stuck task held the whole cycle until its deadline');
    assert.equal(uploads(world.replica).length, 4);
  });

  onEachPair(
    'whose worker was killed is not sent again while its task is open, and is when a person dismisses it',
    { library, settings: { task_poll_timeout_seconds: 300 } },
    async (world) => {
      const { store } = world.replica.instance;
      let dead: number | undefined;
      world.onRequest(() => {
        const task = store.tasks.all().find((row) => row.outcome?.kind === 'document' && (dead === undefined || row.id === dead));
        if (task?.outcome?.kind === 'document') {
          dead = task.id;
          store.documents.delete(task.outcome.id);
          Object.assign(task, { status: 'started', outcome: null, done: null });
        }
        return Promise.resolve();
      });
      await world.settle(3_600_000);
      const [row] = world.store.registry.rows(world.idOf(), { status: 'error', limit: 9 });
      assert.equal(row?.errorCode, 'task-timed-out');
      assert.match(row.errorNextStep ?? '', /Dismiss the task/u);
      assert.equal(uploads(world.replica).length, 4);
      Object.assign(store.tasks.get(dead ?? 0) ?? {}, { acknowledged: true });
      await world.settle(12 * 3_600_000);
      world.assertEqual();
      assert.equal(uploads(world.replica).length, 5);
    },
  );

  onEachPair('that a locked database refused in its task is sent again', { library }, async (world) => {
    const { store } = world.replica.instance;
    let failed = 0;
    world.onRequest(() => {
      // What the worker made is taken back, as the real one's transaction is.
      const task = store.tasks.all().find((row) => row.outcome?.kind === 'document' && failed === 0);
      if (task?.outcome?.kind === 'document') {
        failed += 1;
        store.documents.delete(task.outcome.id);
        const message = `${task.filename ?? ''}: The following error occurred while storing document ${task.filename ?? ''} after parsing: database is locked`;
        Object.assign(task, { status: 'failure', outcome: { kind: 'error', type: 'ConsumerError', message } });
      }
      return Promise.resolve();
    });
    await world.settle();
    assert.equal(failed, 1);
    world.assertEqual();
    assert.equal(uploads(world.replica).length, 5);
  });

  onEachPair('is never told as done before it was read back', { library }, async (world) => {
    // The task says success, and the document holds other bytes than were sent.
    const { store } = world.replica.instance;
    let altered: number | undefined;
    world.onRequest(() => {
      const row = store.documents.all()[0];
      if (row !== undefined && altered === undefined) {
        altered = row.id;
        row.original = { ...row.original, sha256: 'e'.repeat(64), md5: 'e'.repeat(32) };
      }
      return Promise.resolve();
    });
    await world.cycle();
    assert.equal(world.store.registry.rowByReplicaDoc(world.idOf(), altered ?? 0), null, 'it is called a copy');
    const [row] = world.store.registry.rows(world.idOf(), { status: 'error', limit: 9 });
    assert.ok(row?.errorCode === 'bytes-differ' || row?.errorCode === 'file-differs', row?.errorCode ?? '');
    assert.notEqual(store.documents.get(altered ?? 0)?.deletedAt ?? null, null);
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
  });
});

describe('an upload of unknown outcome whose bytes say nothing', () => {
  onEachPair('is found by its nonce where twins are not adopted', { library, settings: { adopt_twins: 'hold' } }, async (world) => {
    const lost = world.set(loseReply, { ...upload, times: 2 });
    await world.settle();
    assert.equal(lost.hits, 2);
    world.assertEqual();
    assert.equal(uploads(world.replica).length, 4);
  });

  onEachPair(
    'leaves what it made to the document that sent it, whatever other documents of the same bytes come by meanwhile',
    // A file name is given at the upload and never again.
    { library: smallLibrary([1, 2, 3].map((key) => plainDocument(key, { file: textFile('The same.', `name ${key}.txt`) }))) },
    async (world) => {
      const lost = world.set(loseReply, upload);
      await world.settle();
      assert.equal(lost.hits, 1);
      // 2.x has room for one of them.
      if (world.replica.instance.store.profile.major === 3) world.assertEqual();
      assert.ok([1, 2, 3].some((id) => world.row(id).status === 'ok'));
      const names = new Map(world.master.instance.store.documents.all().map((row) => [row.id, row.originalFilename]));
      for (const [id, name] of names) {
        const copy = world.row(id).replicaDocId;
        if (copy !== null) assert.equal(world.replica.instance.store.documents.get(copy)?.originalFilename, name);
      }
    },
  );

  scenario(
    'is found by its nonce among documents of the same bytes',
    { library: smallLibrary([1, 2, 3].map((key) => plainDocument(key, { file: textFile('The same.', 'same.txt') }))) },
    async (world) => {
      const lost = world.set(loseReply, { ...upload, times: 2 });
      await world.settle();
      assert.equal(lost.hits, 2);
      world.assertEqual();
      assert.equal(world.replica.instance.store.documents.size, 3);
    },
  );
});

describe('a PATCH of unknown outcome', () => {
  const faults: [string, Fault][] = [
    ['whose reply was lost', loseReply],
    ['that never arrived', loseRequest],
    ['answered 500 after it was written', errorAfter],
    ['answered 500 and not written', errorBefore],
    ['answered 500 and half written', halfWritten],
    ['whose answer broke off', truncate],
  ];
  for (const [what, fault] of faults) {
    onEachPair(`${what} is settled by reading`, { library }, async (world) => {
      const lost = world.set(fault, { operation: 'documents.patch', times: 3 });
      await world.settle();
      assert.equal(lost.hits, 3);
      world.assertEqual();
    });
  }

  onEachPair('of a note leaves no note twice', { library }, async (world) => {
    const lost = world.set(loseReply, { operation: 'notes.add', times: 2 });
    await world.settle();
    assert.equal(lost.hits, 2);
    world.assertEqual();
  });

  onEachPair('of a tag or correspondent makes no second one', { library }, async (world) => {
    const lost = world.set(loseReply, { method: 'POST', operation: /tags|correspondents|taxa/u, times: 2 });
    await world.settle();
    assert.equal(lost.hits, 2);
    world.assertEqual();
    const { tags, correspondents } = world.replica.instance.store;
    assert.deepEqual([tags.size, correspondents.size], [1, 1]);
  });
});

describe('a read that fails', () => {
  scenario('passes and is asked again, after 2, 4 and 8 seconds', { library }, async (world) => {
    const broken = world.set(errorBefore, { on: 'master', operation: 'documents.modified', times: 3 });
    await world.cycle();
    assert.equal(broken.hits, 3);
    const at = world.master.requests.filter((r) => r.operation === 'documents.modified').map((r) => r.at);
    const waits = at.slice(1).map((time, n) => time - at[n]!);
    [2000, 4000, 8000].forEach((wait, n) => assert.ok(waits[n]! >= wait * 0.75 && waits[n]! <= wait * 1.25 + 200, `waited ${waits[n]} ms`));
    world.assertEqual();
  });

  for (const [what, fault] of [
    ['a flipped byte', flipByte],
    ['half of it, told as the whole', halve],
  ] as const) {
    onEachPair(`and gives ${what} of a file is not believed`, { library }, async (world) => {
      const bad = world.set(fault, { on: 'master', operation: 'documents.download', times: 2 });
      await world.cycle();
      assert.equal(bad.hits, 2);
      const stored = new Set(world.replica.instance.store.documents.all().map((row) => row.original.sha256));
      const real = new Set(world.master.instance.store.documents.all().map((row) => row.original.sha256));
      for (const sha256 of stored) assert.ok(real.has(sha256), 'damaged bytes reached the replica');
      assert.ok(logged(world, /another checksum than the master gives/u).length > 0);
      await world.settle();
      world.assertEqual();
    });
  }

  scenario('in the middle of a download leaves nothing half on the replica', { library, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    const cut = world.set(truncate, { operation: 'documents.download', times: 3 });
    await world.settle();
    assert.ok(cut.hits === 3);
    world.assertEqual();
    assert.equal(world.spool.held, 0);
  });
});
