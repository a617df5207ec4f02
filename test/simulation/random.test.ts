import assert from 'node:assert/strict';
import type { SimulatedVersion } from '../../simulator/profile';
import { crashAfter, crashBefore } from '../support/faults';
import { History, historyLibrary } from '../support/history';
import { openWorld, type World } from '../support/world';

/** So many random pasts; one that fails is replayed by its number, which is in the test's name. */
const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 40);
const FROM = Number(process.env.SIMULATION_FROM ?? 1);

const settings = {
  task_poll_timeout_seconds: 120,
  retry_base_seconds: 5,
  retry_cap_seconds: 60,
  replica_suspend_threshold: 1000,
  sync_cycle_timeout_seconds: 900,
};

async function live(world: World, seed: number): Promise<History> {
  const history = new History(world, seed);
  const end = history.trouble(0.02 + (seed % 5) * 0.04);
  for (let round = 0; round < 6; round += 1) {
    const deeds = history.int(5);
    for (let n = 0; n < deeds; n += 1) await history.deed();
    let during = history.int(3);
    // In every third past the process dies now and then, wherever it is.
    const crash = seed % 3 === 0 && history.int(2) === 0 ? world.set(history.pick([crashBefore, crashAfter]), { skip: history.int(60) }) : null;
    const cycle = world.engine.runCycle({ trigger: 'manual' }).then(() => true);
    while (during > 0) {
      during -= 1;
      await world.later(history.int(4000));
      await history.deed();
    }
    const lived = await world.run(Promise.race([cycle, world.died.then(() => false)]));
    if (!lived) world.restart();
    crash?.lift();
    await world.later(history.int(120_000));
  }
  end();
  return history;
}

describe('after any past', function () {
  this.timeout(120_000);
  const versions: readonly SimulatedVersion[] = ['3.0.5', '2.20.15'];

  for (let seed = FROM; seed < FROM + SEEDS; seed += 1) {
    const master = versions[seed % 2]!;
    it(`nothing is lost, doubled or different once the trouble is over (${master}, seed ${seed})`, async () => {
      const world = openWorld({
        seed,
        master,
        replicas: versions,
        library: historyLibrary(5),
        settings,
        consumeMs: 200 + (seed % 7) * 300,
        workers: 1 + (seed % 2),
        database: seed % 3 === 0 ? 'file' : 'memory',
      });
      let history: History | undefined;
      try {
        history = await live(world, seed);
        await world.later(120_000);
        await world.settle();
        for (const site of world.replicas) {
          assert.deepEqual(world.differences(site), [], site.name);
          const counts = world.engine.counts(world.idOf(site));
          assert.equal(counts.byStatus.ok, counts.total, `${site.name}: ${JSON.stringify(counts.byStatus)}`);
          assert.equal(counts.verification.matched, counts.total, `${site.name}: ${JSON.stringify(counts.verification)}`);
        }
        world.assertMasterOnlyRead();
        assert.equal(world.spool.held, 0);
        for (const site of world.replicas) site.forgetRequests();
        await world.cycle();
        for (const site of world.replicas) assert.deepEqual(site.writes, [], 'a quiet run wrote');
      } catch (error) {
        if (error instanceof Error) error.message += `\n${history?.deeds.join('\n') ?? ''}`;
        throw error;
      } finally {
        await world.close();
      }
    });
  }
});
