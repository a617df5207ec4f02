import assert from 'node:assert/strict';
import { hookStatements, sqliteError } from '../simulate/sqlite';
import { plainDocument, smallLibrary } from '../support/libraries';
import { openWorld } from '../support/world';

const library = smallLibrary(
  [1, 2].map((key) => plainDocument(key, { tags: ['T'] })),
  { tags: [{ name: 'T' }] },
);

/** Each fourth of a cycle's statements in turn. */
const STRIDE = 4;
/** Statements that fail one after the other from the n-th on: more than any one place tries. */
const IN_A_ROW = [1, 4];

describe('a database that cannot be written', function () {
  this.timeout(300_000);
  for (const times of IN_A_ROW) {
    it(`for ${times} statements, wherever they come, leaves no run open and nothing in the spool, lost or doubled`, async () => {
      for (let n = times; ; n += STRIDE) {
        const world = openWorld({ library, replicas: ['3.0.5', '2.20.15'], settings: { task_poll_timeout_seconds: 60, lane_idle_seconds: 20 } });
        let seen = 0;
        let failed = '';
        hookStatements({
          before: ({ source, writes }) => {
            seen += 1;
            if (seen < n || seen >= n + times) return;
            failed += `\n${source.slice(0, 100)}`;
            throw sqliteError(writes ? 'sqlite-full' : 'sqlite-busy');
          },
          committed: () => undefined,
        });
        try {
          const ended = await world.run(world.engine.runCycle({ trigger: 'manual' }).catch((error: unknown) => String(error)));
          hookStatements(null);
          if (failed === '') {
            assert.ok(n > 100, 'hardly anything was tried');
            return;
          }
          // Somebody comes by later, as ticks do.
          await world.later(60_000);
          await world.run(world.engine.runCycle({ trigger: 'manual' }));
          const where = `statement ${n}:${failed}\n${JSON.stringify(ended).slice(0, 300)}`;
          await world.later(120_000);
          await world.settle(3_600_000, where);
          for (const site of world.replicas) assert.deepEqual(world.differences(site), [], `${where}: ${site.name}`);
          assert.equal(world.engine.progress().running, false, where);
          assert.equal(world.spool.held, 0, where);
          assert.deepEqual(
            world.store.runs.list({ limit: 10 }).filter((run) => run.finishedAt === null),
            [],
            where,
          );
        } finally {
          hookStatements(null);
          await world.close();
        }
      }
    });
  }
});
