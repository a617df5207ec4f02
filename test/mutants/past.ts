import assert from 'node:assert/strict';
import type { SimulatedVersion } from '../../simulator/profile';
import { crashAfter, crashBefore } from '../support/faults';
import { History, historyLibrary } from '../support/history';
import { openWorld, type World } from '../support/world';

export interface SeedVerdict {
  seed: number;
  ok: boolean;
  check: string | null;
  message: string | null;
}
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
export async function runSeed(seed: number): Promise<SeedVerdict> {
  const versions: readonly SimulatedVersion[] = ['3.0.5', '2.20.15'];
  const world = openWorld({
    seed,
    master: versions[seed % 2]!,
    replicas: versions,
    library: historyLibrary(5),
    settings,
    consumeMs: 200 + (seed % 7) * 300,
    workers: 1 + (seed % 2),
    database: seed % 3 === 0 ? 'file' : 'memory',
  });
  let check = 'live';
  try {
    await live(world, seed);
    check = 'settled';
    await world.later(120_000);
    await world.settle();
    for (const site of world.replicas) {
      check = 'same';
      assert.deepEqual(world.differences(site), [], site.name);
      const counts = world.engine.counts(world.idOf(site));
      check = 'words';
      assert.equal(counts.byStatus.ok, counts.total, `${site.name}: ${JSON.stringify(counts.byStatus)}`);
      assert.equal(counts.verification.matched, counts.total, `${site.name}: ${JSON.stringify(counts.verification)}`);
    }
    check = 'master only read';
    world.assertMasterOnlyRead();
    check = 'spool';
    assert.equal(world.spool.held, 0);
    for (const site of world.replicas) site.forgetRequests();
    check = 'quiet';
    await world.cycle();
    for (const site of world.replicas) assert.deepEqual(site.writes, [], 'a quiet run wrote');
    return { seed, ok: true, check: null, message: null };
  } catch (error) {
    return { seed, ok: false, check, message: error instanceof Error ? error.message : String(error) };
  } finally {
    await world.close().catch(() => undefined);
  }
}
