import assert from 'node:assert/strict';
import { refuse } from '../support/faults';
import { living } from '../support/oracle';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { PAIRS, scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(Array.from({ length: 8 }, (_, n) => plainDocument(n + 1)));

/** The documents whose copies came last: which two those are is a matter of how long each request took. */
function lastCopied(world: World): number[] {
  const ids = Array.from({ length: 8 }, (_, n) => n + 1);
  return ids.sort((a, b) => (world.row(b).replicaDocId ?? 0) - (world.row(a).replicaDocId ?? 0)).slice(0, 2);
}

/** The replica is set back to a backup from before its last copies, and goes on: their numbers are given to what somebody uploads there. */
async function setBack(world: World, since: number[]): Promise<number[]> {
  const { store } = world.replica.instance;
  const lost = since.map((id) => world.row(id).replicaDocId ?? 0).sort((a, b) => a - b);
  for (const id of lost) store.documents.delete(id);
  store.documents.nextId = lost[0]!;
  const strangers: number[] = [];
  for (const id of lost)
    strangers.push(await world.replica.person.upload(`stranger-${id}.txt`, `Somebody's own document ${id}.`, { title: `Stranger ${id}` }));
  assert.deepEqual(strangers, lost);
  return strangers;
}

function untouched(world: World, strangers: number[]): void {
  const { documents } = world.replica.instance.store;
  for (const id of strangers) assert.deepEqual([documents.get(id)?.title, documents.get(id)?.deletedAt], [`Stranger ${id}`, null]);
}

for (const [master, replica] of [
  ['3.0.5', '3.0.5'],
  ['3.0.5', '2.20.15'],
  ['2.20.15', '3.0.5'],
  ['2.20.15', '2.20.15'],
] as const) {
  describe(`a ${replica} replica of a ${master} master that was set back to a backup and gave numbers of copies to others`, () => {
    scenario("leaves the others' documents alone when the master changes", { master, replicas: [replica], library }, async (world) => {
      await world.settle();
      const last = lastCopied(world);
      const strangers = await setBack(world, last);
      for (const id of last) await world.master.person.patch(id, { title: `Changed ${id}` });
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      untouched(world, strangers);
      for (const id of last) assert.notEqual(world.row(id).status, 'ok');
    });

    scenario(
      'leaves them alone when documents are deleted on the master',
      { master, replicas: [replica], library, settings: { delete_policy: 'trash' } },
      async (world) => {
        await world.settle();
        const last = lastCopied(world);
        const strangers = await setBack(world, last);
        for (const id of last) await world.master.person.trash(id);
        await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
        untouched(world, strangers);
      },
    );

    scenario(
      'brings what was lost again, soon and once, where no number was given twice',
      { master, replicas: [replica], library },
      async (world) => {
        await world.settle();
        const { documents } = world.replica.instance.store;
        const changed = documents.get(world.row(1).replicaDocId ?? 0)!;
        const kept = { ...changed };
        await world.later(3_600_000);
        await world.master.person.patch(1, { title: 'Changed since' });
        await world.master.person.upload('new.txt', 'Something new.', { title: 'New' });
        await world.settle();
        documents.delete(world.row(9).replicaDocId ?? 0);
        documents.delete(changed.id);
        documents.put(kept);
        // Nothing else tells of it; the replica is looked at as a whole once an hour.
        await world.later(3_700_000);
        await world.settle();
        world.assertEqual();
        assert.equal(documents.size, 9);
        assert.ok(world.store.logs.query({ level: 'warning', limit: 50 }).some((entry) => /restored from a backup/u.test(entry.message)));
      },
    );

    scenario('stops when a number comes a second time, and says what to do', { master, replicas: [replica], library }, async (world) => {
      await world.settle();
      const { store } = world.replica.instance;
      const lost = lastCopied(world)
        .map((id) => world.row(id).replicaDocId ?? 0)
        .sort((a, b) => a - b);
      for (const id of lost) store.documents.delete(id);
      store.documents.nextId = lost[0]!;
      await world.master.person.upload('new.txt', 'Something new on the master.');
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
      assert.match(world.store.replicas.get(world.idOf())?.lastError ?? '', /restored from a backup.* resync/su);
      assert.equal(store.documents.size, 7, 'the file was sent again');
    });
  });
}

describe('a replica that was emptied while a copy had not been read back yet', () => {
  for (const replica of ['3.0.5', '2.20.15'] as const) {
    scenario(
      `keeps what somebody put there under the copy's number (${replica})`,
      {
        replicas: [replica],
        library: smallLibrary(1),
        settings: { retry_base_seconds: 1, retry_cap_seconds: 1, preflight_interval_seconds: 86_400 },
      },
      async (world) => {
        const broken = world.set(refuse, { operation: /^documents\.(?:patch|get)/u, on: 'replica-1', times: Infinity });
        await world.run(world.engine.runCycle({ trigger: 'manual' }));
        assert.deepEqual([world.row(1).replicaDocId, world.row(1).copyAdded], [1, null]);
        const { documents } = world.replica.instance.store;
        documents.delete(1);
        documents.nextId = 1;
        const stranger = await world.replica.person.upload('own.txt', "Somebody's own.", { title: 'Stranger' });
        assert.equal(stranger, 1);
        const before = documents.get(1)?.modified;
        broken.lift();
        await world.later(60_000);
        await world.settle();
        assert.deepEqual([documents.get(1)?.title, documents.get(1)?.modified], ['Stranger', before]);
        world.assertEqual({ foreign: [1] });
      },
    );
  }
});

describe('a replica that was emptied before a copy was read back', () => {
  for (const [master, replica] of PAIRS) {
    const small = { master, replicas: [replica], library: smallLibrary(4), settings: { delete_policy: 'trash', delete_confirmations: 1 } };
    scenario(`keeps whom the copy's number was given to when the document is deleted (${master} → ${replica})`, small, async (world) => {
      const broken = world.set(refuse, {
        operation: /^documents\.(?:patch|get)/u,
        on: 'replica-1',
        times: Infinity,
      });
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      broken.lift();
      const row = [1, 2, 3, 4].map((id) => world.row(id)).find(({ replicaDocId, copyAdded }) => replicaDocId !== null && copyAdded === null);
      assert.ok(row);
      const { documents } = world.replica.instance.store;
      for (const one of documents.all()) documents.delete(one.id);
      documents.nextId = row.replicaDocId ?? 0;
      const stranger = await world.replica.person.upload('stranger.txt', "Somebody's own document.", { title: 'Stranger' });
      assert.equal(stranger, row.replicaDocId);
      await world.master.person.trash(row.masterDocId);
      await world.later(3_600_000);
      world.engine.demandAll();
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      assert.equal(world.row(row.masterDocId).status, 'tombstone');
      assert.deepEqual([documents.get(stranger)?.title, documents.get(stranger)?.deletedAt], ['Stranger', null]);
    });
  }
});

describe('a replica that was emptied, and gave the number of a copy whose document is gone to another of the same bytes', () => {
  const twins = smallLibrary([
    plainDocument(1, { file: textFile('The same.', 'twin-1.txt') }),
    plainDocument(2, { file: textFile('The same.', 'twin-2.txt') }),
  ]);
  const options = { library: twins, replicas: ['3.0.5' as const], settings: { delete_policy: 'trash', delete_confirmations: 1 } };
  scenario('has one copy of the other, known by its mark', options, async (world) => {
    const unread = world.set(refuse, { operation: /^documents\.(?:patch|get)/u, on: 'replica-1', times: Infinity });
    const late = world.set(refuse, { on: 'replica-1', operation: 'documents.upload', skip: 1, times: Infinity });
    await world.run(world.engine.runCycle({ trigger: 'manual' }));
    const [gone, other] = world.row(1).replicaDocId === null ? [2, 1] : [1, 2];
    const { documents } = world.replica.instance.store;
    documents.delete(1);
    documents.nextId = 1;
    await world.master.person.trash(gone);
    const full = (): Promise<unknown> => world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    await full();
    assert.equal(world.row(gone).status, 'tombstone');
    late.lift();
    unread.lift();
    await world.later(3_600_000);
    await full();
    assert.deepEqual([world.row(other).status, world.row(other).replicaDocId, living(world.replica.instance).length], ['ok', 1, 1]);
  });
});
