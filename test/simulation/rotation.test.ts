import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds since the copy was read that was so the longest ago. */
function oldestLook(world: World): number {
  const rows = world.store.registry.rows(world.idOf(), { limit: 1000 });
  return Math.max(...rows.map((row) => world.time.now() - Date.parse(row.verifiedAt ?? row.lastSynced ?? '2000-01-01')));
}

/** Looks at copies: with their texts, which nothing else reads. */
function reads(world: World): number {
  return world.replica.requests.filter(({ operation, path }) => operation === 'documents.by-ids' && path.includes('content')).length;
}

describe('Every copy is looked at', () => {
  for (const version of ['3.0.5', '2.20.15'] as const)
    scenario(
      `within the window, in chunks, and not at all in most cycles (${version})`,
      { library: smallLibrary(120), replicas: [version], settings: { verify_days: 1 } },
      async (world) => {
        await world.settle();
        world.replica.forgetRequests();
        let asking = 0;
        const cycles = (3 * DAY) / HOUR;
        for (let cycle = 0; cycle < cycles; cycle += 1) {
          await world.later(HOUR);
          const before = reads(world);
          await world.cycle();
          if (reads(world) > before) asking += 1;
          assert.ok(oldestLook(world) <= DAY + HOUR, `a copy was last looked at ${oldestLook(world) / HOUR} hours ago`);
        }
        const looks = reads(world);
        // Three windows of 120 copies.
        assert.ok(looks >= 6 && looks <= 12, `${looks} reads of 50`);
        assert.equal(
          world.replica.requests.filter(({ operation }) => operation === 'documents.metadata').length,
          0,
          'unchanged copies were asked for one by one',
        );
        assert.ok(asking <= 14, `${asking} of ${cycles} cycles asked the replica`);
        assert.deepEqual(world.replica.writes, []);
      },
    );

  scenario(
    'also while a backlog takes all the time that a cycle has',
    {
      library: smallLibrary(40),
      consumeMs: 30_000,
      settings: { verify_days: 1, sync_cycle_timeout_seconds: 600 },
    },
    async (world) => {
      await world.settle(DAY);
      await world.later(2 * DAY);
      // More than two cycles can consume.
      for (let n = 0; n < 70; n += 1) await world.master.person.upload(`new-${n}.txt`, `A new document ${n}.\n`);
      const copy = world.row(7).replicaDocId!;
      await world.replica.person.patch(copy, { title: 'Theirs' });
      const first = await world.cycle();
      assert.deepEqual([first.timedOut, first.replicas[0]?.outcome], [true, 'timed-out'], 'the backlog was to be too long for this');
      assert.ok(first.synced < 70);
      const old = world.store.registry.rows(world.idOf(), { limit: 40 }).filter((row) => row.id <= 40);
      assert.ok(
        old.every((row) => world.time.now() - Date.parse(row.verifiedAt ?? '') < HOUR),
        'copies that were due were put off',
      );
      assert.equal(world.row(7).verification, 'differs');
      await world.settle(DAY);
      world.assertEqual();
    },
  );

  scenario('when its replica comes back after a long while', { library: smallLibrary([plainDocument(1), plainDocument(2)]) }, async (world) => {
    await world.settle();
    await world.replica.person.patch(world.row(2).replicaDocId!, { title: 'Theirs' });
    await world.later(60 * DAY);
    await world.settle();
    world.assertEqual();
    assert.ok(oldestLook(world) < HOUR);
  });
});
