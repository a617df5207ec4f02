import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { replayOf, runCrash, type RunResult } from './run';

/** `CRASH_SEED` makes the same choices again; otherwise each run makes its own. */
const seed = Number(process.env['CRASH_SEED'] ?? randomInt(1, 1_000_000));
const options = { kills: 50, seed, jobs: 3, documents: 40 };

describe('the real process, killed again and again', function () {
  this.timeout(600_000);
  let run: RunResult;
  before(async () => {
    run = await runCrash({ ...options, tell: () => undefined });
  });

  it('loses, doubles and changes nothing, and its registry says what is so', () => {
    assert.deepEqual(run.problems, [], `The same choices again (the process itself is not the same twice): ${replayOf(options)}`);
  });

  it('died as often as asked, at moments and before, inside and after what it wrote', () => {
    const kills = run.results.flatMap((result) => result.kills);
    assert.equal(kills.length, options.kills);
    for (const how of ['moment', 'before', 'inside', 'after'] as const)
      assert.ok(
        kills.some((kill) => kill.how === how),
        `nobody died ${how} (${replayOf(options)})`,
      );
    assert.ok(run.results.every(({ settlements, deeds, quickChecks }) => settlements.length > 0 && deeds > 0 && quickChecks > 15));
  });
});
