import assert from 'node:assert/strict';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { scenario } from '../support/scenario';

const SIZE = 10_000;
const library = smallLibrary(
  Array.from({ length: 40 }, (_, n) => plainDocument(n + 1, { file: textFile(`${n} `.repeat(SIZE).slice(0, SIZE), `file-${n + 1}.txt`) })),
);

describe('a spool that is full', () => {
  scenario(
    'of files that a slower replica has yet to come for lets go of them, and keeps nobody',
    { library, replicas: ['3.0.5', '3.0.5'], spoolBytes: 5 * SIZE },
    async (world) => {
      // The second replica answers late: its files pile up.
      const slow = world.replicas[1]!;
      world.onRequest(async ({ site }) => {
        if (site === slow) await world.time.wait(3_000);
      });
      const summary = await world.cycle();
      assert.deepEqual(
        summary.replicas.map((r) => [r.outcome, r.failed]),
        [
          ['finished', 0],
          ['finished', 0],
        ],
      );
      world.assertEqual();
      assert.equal(world.spool.held, 0);
    },
  );

  scenario('for one file alone leaves that document an error, and the way to the master free', { library, spoolBytes: SIZE / 2 }, async (world) => {
    const summary = await world.cycle();
    assert.deepEqual([summary.timedOut, summary.failed], [false, 40]);
    assert.equal(world.spool.held, 0);
  });
});
