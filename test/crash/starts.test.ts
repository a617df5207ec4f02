import assert from 'node:assert/strict';
import { cutOff } from './starts';
import { stories } from './stories';

/** `CRASH_SEED` draws the same points again; `CRASH_ALL` takes each. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const sample = process.env['CRASH_ALL'] === undefined ? 3 : Number.POSITIVE_INFINITY;

describe('the real process, killed', function () {
  this.timeout(process.env['CRASH_ALL'] === undefined ? 180_000 : 3_600_000);
  for (const story of stories) {
    it(`in ${story.name}, starts again as if nothing had happened`, async () => {
      const { points, killed, problems } = await cutOff(story, sample, seed);
      assert.deepEqual(problems, [], `CRASH_SEED=${seed} npm test -- crash --grep "${story.name}" draws the same points again`);
      assert.equal(killed.length, Math.min(sample, points));
    });
  }
});
