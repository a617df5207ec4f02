import assert from 'node:assert/strict';
import { generateLibrary } from '../../simulator/library';
import type { AppliedPlan, Plan } from '../../src/controller';
import { downloads, filledByHand, uploads } from '../support/existing';
import { crashAfter, loseReply } from '../support/faults';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

function reconcile(world: World, apply: boolean): Promise<{ plan: Plan; applied: AppliedPlan | null }> {
  return world.run(world.engine.reconcile(world.idOf(), { apply, who: 'a test' }));
}

describe('reconcile', () => {
  const library = smallLibrary(12);

  onEachPair('adopts what is there byte for byte and uploads nothing', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const { plan, applied } = await reconcile(world, true);
    assert.deepEqual([plan.body.counts['adopt'], plan.body.counts['missing'], plan.body.counts['foreign']], [12, 0, 0]);
    assert.equal(applied?.counts['adopted'], 12);
    assert.deepEqual(world.replica.writes, [], 'planning and applying wrote to the replica');
    const counts = world.engine.counts(world.idOf());
    assert.deepEqual([counts.byStep.applying, counts.byStatus.ok], [12, 0], 'adopted is not equal until it was read back');
    const read = downloads(world);
    await world.settle();
    world.assertEqual();
    assert.equal(uploads(world), 0);
    assert.equal(downloads(world), read, 'the files were fetched again');
    assert.equal(world.engine.counts(world.idOf()).verification.matched, 12);
  });

  onEachPair('reads each file once between majors and none within one', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const across = world.master.major !== world.replica.major;
    const first = await world.run(world.engine.plan('reconcile', { replicaId: world.idOf() }));
    assert.equal(first.body.complete, world.master.major === 3 && world.replica.major === 3);
    assert.equal(first.body.counts['downloads'] ?? 0, across ? 12 : 0);
    const bytes = library.documents.reduce((sum, { file }) => sum + file.bytes().length, 0);
    assert.equal(first.body.bytes.download, across ? bytes : 0);
    assert.equal(downloads(world), 0, 'a plan downloads nothing');
    await reconcile(world, false);
    assert.equal(downloads(world), across ? 12 : 0);
    await reconcile(world, false);
    assert.equal(downloads(world), across ? 12 : 0);
  });

  onEachPair('a second time finds nothing to do', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    await reconcile(world, true);
    const { plan } = await reconcile(world, true);
    assert.equal(plan.body.counts['adopt'] ?? 0, 0);
    await world.settle();
    const again = await reconcile(world, true);
    assert.equal(again.plan.body.counts['adopt'] ?? 0, 0);
    world.replica.forgetRequests();
    await world.cycle();
    assert.deepEqual(world.replica.writes, []);
  });

  const nasty = generateLibrary({ documents: 40, seed: 5 });
  onEachPair('takes over a generated library and leaves it equal', { library: nasty, replicaLibrary: filledByHand(nasty) }, async (world) => {
    const { plan } = await reconcile(world, true);
    assert.ok((plan.body.counts['adopt'] ?? 0) >= 36, JSON.stringify(plan.body.counts));
    await world.settle();
    world.assertEqual();
  });

  // Documents 1 and 2 are twins; the replica's copies of them tell themselves apart by nothing, then by ASN, then by title and date.
  const twin = textFile('the same', 'same.txt');
  const twins = smallLibrary([
    plainDocument(1, { file: twin, title: 'One', archiveSerialNumber: 11 }),
    plainDocument(2, { file: twin, title: 'Two', created: '2020-01-01' }),
    plainDocument(3),
  ]);

  scenario('lists twins that nothing tells apart, and guesses none', { library: twins, replicaLibrary: filledByHand(twins) }, async (world) => {
    const { plan } = await reconcile(world, true);
    assert.deepEqual([plan.body.counts['adopt'], plan.body.counts['ambiguous']], [1, 2]);
    assert.deepEqual(
      plan.body.findings.map(({ kind, masters, replicas }) => ({ kind, masters, replicas })),
      [{ kind: 'ambiguous', masters: [1, 2], replicas: [2, 3] }],
    );
    assert.equal(world.store.registry.rowFor(world.idOf(), 1)?.replicaDocId, null);
  });

  scenario(
    'tells twins apart by ASN, and takes the one that is left for the other',
    {
      library: twins,
      replicaLibrary: filledByHand(twins, ({ archiveSerialNumber: asn }) => (asn === undefined ? {} : { archiveSerialNumber: asn })),
    },
    async (world) => {
      const { plan } = await reconcile(world, true);
      assert.deepEqual([plan.body.counts['adopt_by_asn'], plan.body.counts['adopt_only_left'], plan.body.counts['adopt_by_checksum']], [1, 1, 1]);
      assert.deepEqual(plan.body.findings, []);
      await world.settle();
      world.assertEqual();
      assert.equal(uploads(world), 0);
    },
  );

  const titled = filledByHand(twins, ({ title }) => ({ title }));
  scenario('tells twins apart by title and date', { library: twins, replicaLibrary: titled }, async (world) => {
    const { plan } = await reconcile(world, true);
    assert.deepEqual([plan.body.counts['adopt_by_title'], plan.body.counts['adopt_by_checksum'], plan.body.counts['ambiguous']], [2, 1, 0]);
    await world.settle();
    world.assertEqual();
  });

  const serial = smallLibrary([
    plainDocument(1, { archiveSerialNumber: 7 }),
    plainDocument(2, { title: 'Rent', archiveSerialNumber: 8 }),
    plainDocument(3, { title: 'Tax' }),
  ]);
  const other = filledByHand(smallLibrary([plainDocument(1), plainDocument(2), plainDocument(3)]), ({ key }) =>
    // 1 is there without its ASN, which the other 2 holds; 3 is there by title alone.
    key === 1 ? {} : { file: textFile(`edited ${key}`, `edited-${key}.txt`), ...(key === 2 ? { archiveSerialNumber: 7 } : { title: 'Tax' }) },
  );
  onEachPair(
    'lists what is alike but of other bytes, and serial numbers that others hold',
    { library: serial, replicaLibrary: other },
    async (world) => {
      const before = world.replica.instance.store.documents.all().map(({ id, title, asn, original }) => ({ id, title, asn, original }));
      const { plan } = await reconcile(world, true);
      assert.deepEqual(
        [plan.body.counts['adopt'], plan.body.counts['differing'], plan.body.counts['asn_held'], plan.body.counts['foreign']],
        [1, 1, 1, 1],
      );
      assert.deepEqual(
        plan.body.findings.map(({ kind, masters }) => [kind, masters]),
        [
          ['differing', [3]],
          ['asn-held', [1]],
        ],
      );
      await world.settle();
      world.assertEqual({ foreign: [1, 2], fields: { 1: ['asn'] } });
      const after = world.replica.instance.store.documents.all().map(({ id, title, asn, original }) => ({ id, title, asn, original }));
      assert.deepEqual(after.slice(0, 2), before.slice(0, 2), 'a document that is not ours was touched');
    },
  );

  onEachPair(
    'completes a replica that was synced in part',
    { library, replicaLibrary: filledByHand(smallLibrary(library.documents.slice(0, 5))) },
    async (world) => {
      world.store.settings.set('sync_cycle_timeout_seconds', 3);
      await world.cycle();
      world.store.settings.set('sync_cycle_timeout_seconds', 1800);
      const mapped = world.engine.counts(world.idOf());
      assert.ok(mapped.byStatus.ok < 12, 'the first cycle was to be cut short');
      await reconcile(world, true);
      await world.settle();
      world.assertEqual();
      assert.equal(world.replica.instance.store.documents.all().length, 12);
    },
  );

  for (const pair of [
    ['3.0.5', '2.20.15'],
    ['2.20.15', '3.0.5'],
    ['2.20.15', '2.20.15'],
  ] as const) {
    scenario(
      `goes on where a deadline stopped its reading (${pair.join(' → ')})`,
      { library: smallLibrary(60), replicaLibrary: filledByHand(smallLibrary(60)), master: pair[0], replicas: [pair[1]] },
      async (world) => {
        world.store.settings.set('sync_cycle_timeout_seconds', 2);
        let rounds = 0;
        let plan: Plan;
        do {
          ({ plan } = await reconcile(world, false));
          rounds += 1;
        } while (!plan.body.complete && rounds < 20);
        assert.ok(rounds > 1, 'it was to be stopped');
        assert.equal(plan.body.counts['adopt'], 60);
        const again = world.master.requests.filter(({ operation, outcome }) => operation === 'documents.download' && outcome === '200');
        assert.ok(again.length <= 60 + rounds, 'files were read again');
      },
    );
  }

  for (const [what, operation] of [
    ['reading', /documents\.download/u],
    ['making equal what was adopted', /documents\.patch/u],
  ] as const) {
    scenario(
      `goes on after a crash while ${what}`,
      { library, replicaLibrary: filledByHand(library), replicas: ['2.20.15'], database: 'file' },
      async (world) => {
        world.set(crashAfter, { operation, skip: 3 });
        await world.runToCrash(async () => {
          await world.engine.reconcile(world.idOf(), { apply: true, who: 'a test' });
          await world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' });
        });
        world.restart();
        await reconcile(world, true);
        await world.settle();
        world.assertEqual();
        assert.equal(uploads(world), 0);
        assert.ok(downloads(world) <= 13, 'what was read before the crash was read again');
      },
    );
  }

  scenario('leaves alone what the sync itself is in the middle of', { library: smallLibrary(3) }, async (world) => {
    world.set(loseReply, { on: 'replica-1', operation: 'documents.upload' });
    await world.cycle();
    assert.equal(world.store.registry.inFlight(world.idOf()).length, 1, 'an upload was to be left open');
    await world.later(10_000);
    const open = world.store.registry.inFlight(world.idOf())[0]?.masterDocId ?? 0;
    // The same file once more on either side: these two are a pair, and the upload that is still open belongs to its own row.
    const bytes = library.documents.find(({ key }) => key === open)?.file.bytes() ?? '';
    const again = await world.master.person.upload('again.txt', bytes, { title: 'Again' });
    const theirs = await world.replica.person.upload('again.txt', bytes, { title: 'Theirs' });
    const { plan } = await reconcile(world, true);
    assert.deepEqual([plan.body.samples['adopt'], plan.body.counts['foreign']], [[{ master: again, replica: theirs, title: 'Again' }], 0]);
    const wiped = await world.run(world.engine.plan('resync', { replicaId: world.idOf() }));
    assert.equal(wiped.body.counts['keep'], 1);
    await world.run(world.engine.applyPlan(wiped.id, 'a test'));
    assert.deepEqual(
      world.store.registry.inFlight(world.idOf()).map(({ masterDocId }) => masterDocId),
      [open],
    );
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.documents.size, 4);
  });

  scenario('adopts no copy that is being replaced', { library: smallLibrary(2), replicaLibrary: filledByHand(smallLibrary(2)) }, async (world) => {
    world.store.settings.setFact(`replaced:${world.idOf()}`, JSON.stringify({ 77: 1 }));
    const { plan } = await reconcile(world, false);
    assert.deepEqual([plan.body.counts['adopt'], plan.body.counts['foreign']], [1, 0]);
  });

  scenario('is refused when the world has moved, and never applied then', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const plan = await world.run(world.engine.plan('reconcile', { replicaId: world.idOf() }));
    world.store.replicas.update(world.idOf(), { enabled: true });
    await world.master.person.patch(3, { title: 'Moved' });
    await world.cycle();
    const rows = world.store.registry.rows(world.idOf(), { limit: 100 });
    for (const _ of [1, 2]) {
      await assert.rejects(() => world.run(world.engine.applyPlan(plan.id, 'a test')), { name: 'PlanError', code: 'world-moved' });
    }
    assert.deepEqual(world.store.registry.rows(world.idOf(), { limit: 100 }), rows);
    assert.notEqual(world.store.plans.get(plan.id)?.refusedAt, null);
  });

  scenario('is told in the audit log, once', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const { plan } = await reconcile(world, true);
    const [entry] = world.store.audit.list({ limit: 10 }).filter(({ action }) => action === 'plan.apply');
    assert.equal(entry?.who, 'a test');
    assert.deepEqual(JSON.parse(entry.after ?? ''), { plan: plan.id, scope: 'reconcile', replica: 'replica-1', adopted: 12 });
    await assert.rejects(() => world.run(world.engine.applyPlan(plan.id, 'again')), { code: 'plan-applied' });
  });

  scenario('and a cycle never meet', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const planning = world.engine.plan('reconcile', { replicaId: world.idOf() });
    const asked = await world.run(world.engine.requestSync({ trigger: 'manual' }));
    assert.deepEqual([asked.kind, asked.kind === 'skipped' && asked.queued], ['skipped', true]);
    await assert.rejects(() => world.run(world.engine.plan('reconcile', { replicaId: world.idOf() })), { code: 'cycle-running' });
    await world.run(planning);
    // The cycle that was asked for follows by itself.
    await world.later(120_000);
    assert.equal(world.store.runs.list({ limit: 5 }).length, 1);
    await world.settle();
    world.assertEqual();
  });
});
