import assert from 'node:assert/strict';
import { logger } from '../../../src/controller/log';
import type { Store } from '../../../src/state';
import { smallLibrary } from '../../support/libraries';
import { scenario } from '../../support/scenario';

describe('a log that cannot be stored', () => {
  it('is told as lines all the same, with why, and throws nothing', () => {
    const lines: string[] = [];
    const add = () => {
      throw new Error('database or disk is full');
    };
    const log = logger(
      { logs: { add } } as unknown as Store,
      (text) => lines.push(text),
      () => assert.fail('an entry that is not there was told'),
    );
    log({ level: 'warning', message: 'Something is wrong.', runId: 3 });
    const told = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    assert.deepEqual(
      told.map(({ level, run_id, msg }) => [level, run_id, msg]),
      [
        ['warning', 3, 'Something is wrong.'],
        ['error', 3, "That entry couldn't be stored: database or disk is full"],
      ],
    );
  });

  scenario('ends no cycle', { library: smallLibrary(3) }, async (world) => {
    world.store.logs.add = () => {
      throw new Error('database or disk is full');
    };
    const summary = await world.cycle();
    assert.deepEqual([summary.synced, summary.failed], [3, 0]);
    world.assertEqual();
  });
});
