import assert from 'node:assert/strict';
import { errorBefore, loginPage, refuse, silence } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';

const library = smallLibrary(6);
const replicas = ['3.0.5', '2.20.15'] as const;

describe('a replica that fails as a whole', () => {
  scenario('does not keep the others, counts its failures, is suspended after five, and comes back by hand', { library, replicas }, async (world) => {
    const [good, bad] = world.replicas as [(typeof world.replicas)[0], (typeof world.replicas)[0]];
    const down = world.set(refuse, { on: bad.name, times: Infinity });
    for (let n = 1; n <= 5; n += 1) {
      await world.master.person.patch(n, { title: `Changed ${n}` });
      const summary = await world.cycle();
      const [first, second] = summary.replicas;
      assert.deepEqual([first?.outcome, second?.outcome], ['finished', 'failed']);
      assert.deepEqual([second?.consecutiveFailures, second?.suspended, second?.suspendedNow], [n, n === 5, n === 5]);
      assert.match(second?.message ?? '', /refused/u);
      assert.deepEqual(world.differences(good), []);
    }
    assert.equal(world.events.filter((event) => event.type === 'replica-suspended').length, 1);
    assert.ok(world.store.logs.query({ limit: 200 }).some((row) => row.message.includes('suspended after 5 consecutive failures')));
    // Suspended: no request at all.
    bad.forgetRequests();
    await world.cycle();
    assert.equal(bad.requests.length, 0);
    down.lift();
    world.store.replicas.unsuspend(world.idOf(bad));
    await world.settle();
    world.assertEqual();
    assert.deepEqual(
      [world.store.replicas.get(world.idOf(bad))?.consecutiveFailures, world.store.replicas.get(world.idOf(bad))?.suspendedAt],
      [0, null],
    );
  });

  scenario('and recovers by itself is counted from zero again, and said to have recovered', { library, replicas }, async (world) => {
    const bad = world.replicas[1]!;
    const down = world.set(silence, { on: bad.name, times: Infinity });
    await world.cycle();
    await world.cycle();
    assert.equal(world.store.replicas.get(world.idOf(bad))?.consecutiveFailures, 2);
    down.lift();
    await world.settle();
    assert.equal(world.store.replicas.get(world.idOf(bad))?.consecutiveFailures, 0);
    assert.equal(world.events.filter((event) => event.type === 'replica-recovered').length, 1);
    world.assertEqual();
  });

  scenario('in the middle of a push loses nothing', { library, replicas }, async (world) => {
    const bad = world.replicas[1]!;
    const down = world.set(refuse, {
      on: bad.name,
      times: Infinity,
      when: () => bad.requests.filter((r) => r.operation === 'documents.upload').length >= 3,
    });
    await world.cycle();
    assert.ok(down.hits > 0);
    assert.deepEqual(world.differences(world.replica), []);
    down.lift();
    await world.settle();
    world.assertEqual();
  });

  for (const [what, fault, words] of [
    ['a login page stands in front of it', loginPage, /login/iu],
    ['it answers 500 to everything', errorBefore, /500/u],
  ] as const) {
    scenario(`because ${what} is told so`, { library, replicas }, async (world) => {
      world.set(fault, { on: 'replica-2', times: Infinity });
      const summary = await world.cycle();
      assert.equal(summary.replicas[1]?.outcome, 'failed');
      assert.match(summary.replicas[1].message ?? '', words);
    });
  }

  scenario("because its token is not a superuser's is refused before anything is written there", { library, replicas }, async (world) => {
    const bad = world.replicas[1]!;
    bad.instance.store.users.all().find((user) => user.token === bad.token)!.isSuperuser = false;
    const summary = await world.cycle();
    assert.match(summary.replicas[1]?.message ?? '', /superuser/u);
    assert.deepEqual(bad.writes, []);
  });
});

describe('a master that fails', () => {
  scenario('before the cycle starts no run, and is asked again by the next', { library, replicas }, async (world) => {
    const down = world.set(refuse, { on: 'master', times: Infinity });
    const result = await world.run(world.engine.runCycle({ trigger: 'manual' }));
    assert.ok('skipped' in result);
    assert.match(result.skipped, /refused/u);
    assert.equal(world.engine.master().ok, false);
    down.lift();
    await world.settle();
    assert.equal(world.engine.master().ok, true);
    world.assertEqual();
  });

  for (const operation of ['documents.modified', 'documents.download', 'documents.by-ids', 'tags.list']) {
    scenario(`at ${operation} counts against no replica, and loses nothing`, { library, replicas }, async (world) => {
      await world.cycle();
      await world.master.person.upload('new.txt', 'Something new.');
      await world.master.person.patch(2, { title: 'Changed' });
      const down = world.set(refuse, { on: 'master', operation, times: Infinity });
      // A run that fails or one that isn't begun: after a failure the preflight looks first.
      for (let n = 0; n < 6; n += 1) await world.run(world.engine.runCycle({ trigger: 'manual' }));
      assert.ok(down.hits > 0, 'the fault never struck');
      for (const site of world.replicas) {
        const { consecutiveFailures, suspendedAt } = world.store.replicas.get(world.idOf(site))!;
        assert.deepEqual([consecutiveFailures, suspendedAt], [0, null], site.name);
      }
      down.lift();
      await world.settle();
      world.assertEqual();
    });
  }
});

describe('a document that a replica cannot take', () => {
  const odd = smallLibrary([
    plainDocument(1),
    plainDocument(2, {
      file: {
        originalFileName: 'sheet.xlsx',
        mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        bytes: () => Buffer.from('PK\u0003\u0004 a sheet'),
        text: '',
        pageCount: null,
      },
    }),
    plainDocument(3),
  ]);

  onEachPair('is an error row with cause and next retry; the others go on', { library: odd }, async (world) => {
    const summary = await world.cycle();
    assert.deepEqual([summary.synced, summary.failed], [2, 1]);
    assert.equal(summary.replicas[0]?.outcome, 'finished');
    const row = world.row(2);
    assert.deepEqual([row.status, row.errorCode, row.errorClass], ['error', 'file-type-unsupported', 'document']);
    assert.ok(row.nextRetryAt !== null && (row.errorNextStep ?? '') !== '');
    assert.deepEqual(world.differences(world.replica, { missing: [2] }), []);
    assert.equal(world.store.replicas.get(world.idOf())?.consecutiveFailures, 0, "a document's failure counted against the replica");
  });

  onEachPair(
    'is tried ever more seldom, then waits for a person, and is tried anew when the master changes it',
    { library: odd, settings: { quarantine_after: 4, retry_base_seconds: 60 } },
    async (world) => {
      const attempts: number[] = [];
      for (let n = 0; n < 60; n += 1) {
        const before = world.replica.requests.filter((r) => r.operation === 'documents.upload' && r.outcome === '400').length;
        await world.cycle();
        const after = world.replica.requests.filter((r) => r.operation === 'documents.upload' && r.outcome === '400').length;
        if (after > before) attempts.push(world.time.now());
        await world.later(30_000);
      }
      assert.equal(attempts.length, 4);
      const pauses = attempts.slice(1).map((time, n) => time - attempts[n]!);
      assert.ok(pauses[1]! > pauses[0]! && pauses[2]! > pauses[1]!, pauses.join());
      const row = () => world.row(2);
      assert.equal(row().status, 'quarantined');
      await world.master.person.patch(2, { title: 'Changed' });
      world.replica.forgetRequests();
      await world.cycle();
      assert.ok(world.replica.requests.some((r) => r.operation === 'documents.upload'));
    },
  );

  scenario(
    'waits for its turn: at most fifty errors are tried again in one cycle',
    {
      library: smallLibrary(
        Array.from({ length: 70 }, (_, n) =>
          plainDocument(n + 1, {
            file: {
              originalFileName: `a${n}.zip`,
              mimeType: 'application/zip',
              bytes: () => Buffer.from(`PK\u0003\u0004 ${n}`),
              text: '',
              pageCount: null,
            },
          }),
        ),
      ),
    },
    async (world) => {
      const first = await world.cycle();
      assert.equal(first.failed, 70);
      await world.later(3_600_000);
      const second = await world.cycle();
      assert.equal(second.failed, 50);
    },
  );
});

describe("the end of a cycle's time", () => {
  onEachPair(
    'ends it wherever it is, marked as timed out, and the next ones bring the rest',
    { library: smallLibrary(30), consumeMs: 20_000, settings: { sync_cycle_timeout_seconds: 120 } },
    async (world) => {
      const first = await world.cycle();
      assert.deepEqual([first.timedOut, first.replicas[0]?.outcome], [true, 'timed-out']);
      assert.ok(first.synced > 0 && first.synced < 30, `${first.synced} synced`);
      assert.equal(world.store.replicas.get(world.idOf())?.consecutiveFailures, 0, 'a long cycle counted as a failure');
      const runs = await world.settle(2 * 3_600_000);
      world.assertEqual();
      assert.ok(runs.length >= 3);
      assert.equal(world.replica.requests.filter((r) => r.operation === 'documents.upload').length, 30, 'something was sent twice');
      assert.equal(world.spool.held, 0);
    },
  );
});
