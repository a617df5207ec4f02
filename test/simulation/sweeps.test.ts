import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  Array.from({ length: 30 }, (_, n) =>
    plainDocument(n + 1, {
      tags: ['Leaf', 'Other'],
      correspondent: 'C',
      documentType: 'T',
      storagePath: 'P',
      customFields: [
        { field: 'F', value: 'x' },
        { field: 'S', value: 'optionAAAAAAAAAA' },
      ],
    }),
  ),
  {
    tags: [{ name: 'Root' }, { name: 'Leaf', parent: 'Root' }, { name: 'Other' }],
    correspondents: [{ name: 'C' }],
    documentTypes: [{ name: 'T' }],
    storagePaths: [{ name: 'P', path: 'p' }],
    customFields: [
      { name: 'F', dataType: 'string' },
      {
        name: 'S',
        dataType: 'select',
        options: [
          { id: 'optionAAAAAAAAAA', label: 'A' },
          { id: 'optionBBBBBBBBBB', label: 'B' },
        ],
      },
    ],
  },
);

/** Every sweep, and cycles until nothing is left. */
async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a sweep sees what the time of the last change does not show', () => {
  const blind: [string, (world: World) => Promise<unknown>][] = [
    ['a deleted tag', ({ master }) => master.person.ask('DELETE', '/api/tags/3/')],
    ['a deleted tag with tags below it', ({ master }) => master.person.ask('DELETE', '/api/tags/1/')],
    ['a deleted correspondent', ({ master }) => master.person.ask('DELETE', '/api/correspondents/1/')],
    ['a deleted document type', ({ master }) => master.person.ask('DELETE', '/api/document_types/1/')],
    ['a deleted storage path', ({ master }) => master.person.ask('DELETE', '/api/storage_paths/1/')],
    ['a deleted custom field', ({ master }) => master.person.ask('DELETE', '/api/custom_fields/1/')],
    [
      'an option that was taken away',
      ({ master }) => master.person.edit('custom_fields', 2, { extra_data: { select_options: [{ id: 'optionBBBBBBBBBB', label: 'B' }] } }),
    ],
    [
      'a bulk edit',
      ({ master }) =>
        master.person.ask('POST', '/api/documents/bulk_edit/', {
          documents: [1, 2, 3],
          method: 'set_correspondent',
          parameters: { correspondent: null },
        }),
    ],
    [
      'an edit whose stamp lies far behind',
      ({ master }) => {
        const row = master.instance.store.documents.get(7)!;
        row.title = 'Restored by hand';
        return Promise.resolve();
      },
    ],
    [
      'a text that was made anew',
      ({ master }) => {
        master.instance.store.documents.get(9)!.content = 'Better OCR.';
        return Promise.resolve();
      },
    ],
  ];
  for (const [what, act] of blind) {
    onEachPair(what, { library }, async (world) => {
      await world.settle();
      await act(world);
      await world.later(60_000);
      await full(world);
      world.assertEqual();
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
    });
  }

  onEachPair('by itself, on its schedule', { library }, async (world) => {
    await world.settle();
    await world.master.person.ask('DELETE', '/api/tags/3/');
    world.master.instance.store.documents.get(9)!.content = 'Better OCR.';
    await world.later(31 * 86_400_000);
    await world.settle();
    world.assertEqual();
  });
});

describe('a sweep', () => {
  onEachPair('that is not due asks nothing', { library }, async (world) => {
    await world.settle();
    world.master.forgetRequests();
    await world.later(60_000);
    await world.cycle();
    const asked = world.master.requests.map((r) => r.operation);
    // One look at a few documents tells whether the master went back in time.
    assert.deepEqual(
      asked.filter((operation) => /^documents\.(ids|by-ids)|^trash/u.test(operation)),
      ['documents.by-ids'],
      asked.join(),
    );
  });

  onEachPair(
    'takes no document for deleted that it misses once or twice',
    { library, settings: { delete_policy: 'trash', delete_confirmations: 3 } },
    async (world) => {
      await world.settle();
      const missed = world.master.instance.store.documents.get(4)!;
      for (let look = 1; look <= 2; look += 1) {
        missed.deletedAt = 1;
        await world.later(3_700_000);
        await world.settle();
        assert.equal(world.replica.instance.store.documents.get(world.row(4).replicaDocId)?.deletedAt, null);
      }
      missed.deletedAt = null;
      await world.later(3_700_000);
      await world.settle();
      world.assertEqual();
      assert.equal(world.engine.master().unconfirmedGone, 0);
    },
  );

  onEachPair(
    'does not believe a master that has lost most of its documents',
    { library, settings: { delete_policy: 'trash', delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      for (const row of world.master.instance.store.documents.all()) if (row.id > 10) world.master.instance.store.documents.delete(row.id);
      await world.later(3_700_000);
      world.replica.forgetRequests();
      const summary = await world.run(world.engine.runCycle({ trigger: 'manual' }));
      assert.ok('skipped' in summary || summary.replicas[0]?.outcome === 'failed', JSON.stringify(summary));
      assert.deepEqual(world.replica.writes, []);
      assert.equal(world.replica.instance.store.documents.all().filter((row) => row.deletedAt === null).length, 30);
    },
  );

  scenario(
    'that a deadline stops goes on in the next cycle',
    { library: smallLibrary(400), settings: { sync_cycle_timeout_seconds: 3600 } },
    async (world) => {
      await world.settle(24 * 3_600_000);
      for (const row of world.master.instance.store.documents.all()) row.content = `Better OCR of ${row.id}.`;
      world.engine.demandAll();
      world.store.settings.set('sync_cycle_timeout_seconds', 1);
      const looks = () => world.master.requests.filter((r) => r.operation === 'documents.by-ids');
      let cycles = 0;
      for (; cycles < 120 && world.store.registry.workCount(world.idOf()) < 400; cycles += 1) await world.cycle();
      assert.ok(cycles > 1 && cycles < 120, `${cycles} cycles`);
      // Each cycle looks at a few documents besides.
      assert.ok(looks().length - cycles < 60, `the walk began anew: ${looks().length} requests`);
      world.store.settings.set('sync_cycle_timeout_seconds', 3600);
      await world.settle(24 * 3_600_000);
      world.assertEqual();
    },
  );
});
