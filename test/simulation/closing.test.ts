import assert from 'node:assert/strict';
import { smallLibrary } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

/** A backup takes its time; what happens meanwhile happens between a run's last lane and its end. */
function slowBackup(world: World, meanwhile: () => Promise<unknown>): { done: Promise<unknown> } {
  const said: { done: Promise<unknown> } = { done: Promise.resolve() };
  const { store } = world;
  let first = true;
  store.backup = async () => {
    if (!first) return;
    first = false;
    said.done = meanwhile();
    await world.time.wait(5_000);
  };
  return said;
}

describe('while a run is being closed', () => {
  const options = { library: smallLibrary(30), database: 'file' as const, settings: { sync_interval_seconds: 60 } };

  scenario('no other begins, and the one that was asked for follows it once', options, async (world) => {
    let ticked: { kind: string } | undefined;
    slowBackup(world, async () => {
      ticked = await world.engine.tick();
    });
    const running = world.engine.runCycle({ trigger: 'manual' });
    let asked: { kind: string } | undefined;
    let edited = false;
    world.onRequest(async ({ site, request }) => {
      if (edited || site === world.master || request.operation !== 'documents.upload') return;
      edited = true;
      asked = await world.engine.requestSync({ trigger: 'webhook' });
      // Long enough for the schedule to have the next one due at the end.
      await world.time.wait(120_000);
    });
    await world.run(running);
    await world.later(600_000);
    assert.equal(asked?.kind, 'skipped');
    assert.equal(ticked?.kind, 'idle');
    const runs = world.store.runs.list({ limit: 10 });
    assert.ok(
      runs.every((run) => run.finishedAt !== null),
      'a run was left open',
    );
    assert.deepEqual(runs.map((run) => run.triggeredBy).sort(), ['manual', 'webhook']);
    const [later, earlier] = runs;
    assert.ok(Date.parse(later!.startedAt) >= Date.parse(earlier!.finishedAt!), 'two runs at once');
    world.assertEqual();
  });
});
