import assert from 'node:assert/strict';
import { LeaseHeldError, StaleEpochError } from '../../src/state';
import type { Fault } from '../support/faults';
import { smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const small = { library: smallLibrary(3), database: 'file' as const, settings: { task_poll_timeout_seconds: 60, retry_base_seconds: 1 } };

/** The process stands still with this request on its way: unsent, or sent and unanswered. Another takes its place, and ends the work; then the first goes on. */
async function besideItsSuccessor(world: World, operation: string, sent: boolean): Promise<void> {
  const frozen: Fault = async ({ serve, life }) => {
    const answer = sent ? await serve() : null;
    world.freeze();
    return answer ?? new Promise((resolve, reject) => life.reach(() => void serve().then(resolve, reject)));
  };
  world.set(frozen, { on: world.replica.name, operation });
  void world.engine.runCycle({ trigger: 'manual' });
  await world.later(30_000);
  assert.ok(world.frozen, `no request ${operation} came`);
  world.takeOver();
  await world.later(120_000);
  await world.settle();
  world.wake();
  await world.later(120_000);
  world.engine.demandAll();
  await world.settle();
  await world.stopWoken();
}

describe('a process that wakes beside the one that took its place', () => {
  for (const operation of ['documents.upload', 'documents.patch', 'tags.create']) {
    for (const sent of [false, true]) {
      const tagged = { ...small, library: { ...small.library, tags: [{ name: 'A' }] } };
      onEachPair(
        `leaves each document once and whole, with ${operation} ${sent ? 'sent' : 'not sent yet'} when it fell asleep`,
        tagged,
        async (world) => {
          await besideItsSuccessor(world, operation, sent);
          world.assertEqual();
        },
      );
    }
  }

  scenario('writes nothing to the registry any more', small, async (world) => {
    const { store } = world;
    const epoch = store.lease.take('the first', 600_000);
    assert.throws(() => store.lease.take('another', 600_000), LeaseHeldError);
    world.freeze();
    world.takeOver();
    assert.throws(() => store.fenced(epoch, () => assert.fail('it wrote')), StaleEpochError);
    const next = world.store.lease.take('the second', 600_000);
    assert.ok(next > epoch);
    assert.throws(() => store.lease.renew(epoch, 600_000), StaleEpochError);
    await world.stopWoken();
  });
});
