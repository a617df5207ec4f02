import assert from 'node:assert/strict';
import { loginPage } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

/** What changed on the master read into the registry by its times alone: the sweeps, which would make good what they miss, fail. Nothing is pushed. */
async function ingest(world: World): Promise<void> {
  const sweeps = world.set(loginPage, { on: 'master', operation: 'documents.ids', times: Infinity });
  const started = await world.run(world.engine.requestSync({ trigger: 'manual' }));
  assert.equal(started.kind, 'started');
  const ticket = started.tickets[0]!;
  await world.run(world.engine.fetchChanged(ticket).catch(() => undefined));
  await world.run(world.engine.cycleEnd(ticket));
  assert.ok(sweeps.hits > 0);
  sweeps.lift();
}

function known(world: World): Map<number, string> {
  const titles = new Map<number, string>();
  for (const row of world.store.registry.masterDocsAfter(0, 100_000)) titles.set(row.id, (JSON.parse(row.document) as { title: string }).title);
  return titles;
}

/** The registry has what the master has. */
function assertKnown(world: World): void {
  const there = world.master.instance.store.documents.all().filter((row) => row.deletedAt === null && row.root === null);
  const titles = known(world);
  assert.equal(titles.size, there.length);
  for (const row of there) assert.equal(titles.get(row.id), row.title, `document ${row.id}`);
}

const stamp = '2026-09-01T10:00:00.123456Z';

describe('reading the master', () => {
  onEachPair(
    'gets over a stamp that more documents share than a page holds',
    { library: smallLibrary(Array.from({ length: 2300 }, (_, n) => plainDocument(n + 1, n >= 600 && n < 2100 ? { added: stamp } : {}))) },
    async (world) => {
      await ingest(world);
      assertKnown(world);
      // Nothing but the overlap is read again.
      world.master.forgetRequests();
      await ingest(world);
      const lists = world.master.requests.filter((r) => r.operation === 'documents.modified');
      assert.equal(lists.length, 1);
    },
  );

  onEachPair(
    'takes a stamp that a whole library shares page by page, though rows leave it meanwhile, and once',
    {
      library: smallLibrary(Array.from({ length: 2300 }, (_, n) => plainDocument(n + 1, { added: '2026-11-21T08:59:30.123456Z' }))),
      settings: { cursor_overlap_seconds: 3600 },
    },
    async (world) => {
      let page = 0;
      world.onRequest(async ({ site, request }) => {
        if (site !== world.master || !/^documents\.(ids-at|by-ids)$/u.test(request.operation) || page >= 5) return;
        page += 1;
        for (const id of [page, 995 + page]) await world.master.person.patch(id, { title: `Left at page ${page}` });
      });
      await ingest(world);
      await world.later(1000);
      await ingest(world);
      assert.equal(page, 5);
      assertKnown(world);
      const sizes = world.master.requests.map(({ path }) => Number(/page_size=(\d+)/u.exec(path)?.[1] ?? 0));
      assert.ok(
        world.master.requests.every(({ operation }, n) => !operation.startsWith('documents.') || (sizes[n] ?? 0) <= 1000),
        'an answer grew with the stamp',
      );
      // As long as nothing else comes, the stamp is within the overlap; it isn't walked again for that.
      world.master.forgetRequests();
      await ingest(world);
      assert.deepEqual(
        world.master.requests.filter((r) => /^documents\.(modified|ids-at)$/u.test(r.operation)).map((r) => r.operation),
        // What is asked for by id is whether the master went back in time.
        ['documents.modified', 'documents.modified', 'documents.modified'],
      );
    },
  );

  onEachPair('loses no row that moves while pages are turned', { library: smallLibrary(2300) }, async (world) => {
    let page = 0;
    world.onRequest(async ({ site, request }) => {
      if (site !== world.master || request.operation !== 'documents.modified') return;
      page += 1;
      if (page > 4) return;
      // Rows of pages that were read, of this one and of those to come move to the end, and the count stays.
      for (const id of [page, 990 + page, 1500 + page, 2290 + page]) await world.master.person.patch(id, { title: `Moved at page ${page}` });
    });
    await ingest(world);
    await world.later(1000);
    await ingest(world);
    assert.ok(page >= 3);
    assertKnown(world);
  });

  onEachPair(
    'sees an edit that was stamped before the last look and committed after it',
    { library: smallLibrary(5), settings: { cursor_overlap_seconds: 300 } },
    async (world) => {
      await world.settle();
      await world.master.person.patch(4, { title: 'The newest' });
      await world.settle();
      // As a long transaction leaves it: the stamp lies behind the cursor.
      const row = world.master.instance.store.documents.get(2)!;
      row.title = 'Committed late';
      row.modified = world.master.instance.store.documents.get(4)!.modified - 200_000_000;
      await world.settle();
      world.assertEqual();
    },
  );

  onEachPair("goes by the master's clock alone", { library: smallLibrary(3) }, async (world) => {
    await world.settle();
    // The master's clock is an hour behind: what it stamps is older than what it had.
    const { store } = world.master.instance;
    const real = store.environment.clock;
    Object.assign(store.environment, { clock: { now: () => real.now() + 3_600_000 } });
    await world.master.person.patch(1, { title: 'From an hour ahead' });
    await world.settle();
    world.assertEqual();
    await world.master.person.patch(2, { title: 'And one more' });
    await world.settle();
    world.assertEqual();
  });

  scenario('stops before a half view: a list that ignores its filter', { library: smallLibrary(30) }, async (world) => {
    await world.settle();
    world.set(
      async ({ site, request }) => {
        const path = request.path.replace(/modified__gte=[^&]*&/u, '');
        return site.instance.handle({ method: 'GET', path, headers: { ...request.headers, host: 'x' }, body: null });
      },
      { on: 'master', operation: 'documents.modified' },
    );
    const summary = await world.cycle();
    assert.match(summary.replicas[0]?.message ?? '', /modified__gte.*ignored/u);
    assert.equal(summary.replicas[0]?.outcome, 'failed');
  });
});
