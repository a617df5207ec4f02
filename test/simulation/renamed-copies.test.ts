import assert from 'node:assert/strict';
import { refuse } from '../support/faults';
import { smallLibrary } from '../support/libraries';
import { living } from '../support/oracle';
import { PAIRS, scenario } from '../support/scenario';

const brief = { delete_policy: 'trash', retry_base_seconds: 1, retry_cap_seconds: 1, preflight_interval_seconds: 86_400 };

describe('a copy that was renamed on the replica before it was read back', () => {
  for (const [master, replica] of PAIRS) {
    const world = { master, replicas: [replica, replica], library: smallLibrary(2), settings: brief };
    scenario(`is known by the file that was sent, when the master has another by then (${master} → ${replica})`, world, async (world) => {
      const broken = world.set(refuse, { operation: /^documents\.(?:patch|get)/u, on: 'replica-1', times: Infinity });
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      const copy = world.row(1).replicaDocId;
      assert.ok(copy !== null && world.row(1).copyAdded === null);
      await world.replica.person.patch(copy, { title: 'Renamed there' });
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1, 2], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(60_000);
      // The other replica is given the new files, and the master's old ones are forgotten.
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      broken.lift();
      await world.later(60_000);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      const there = living(world.replica.instance);
      assert.deepEqual(there.map(({ title }) => title).sort(), ['Document 1', 'Document 2']);
      for (const id of [1, 2]) assert.ok(there.some((row) => row.id === world.row(id).replicaDocId));
    });
  }
});
