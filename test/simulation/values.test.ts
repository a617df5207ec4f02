import assert from 'node:assert/strict';
import type { Library, LibraryDocument } from '../../simulator/library/types';
import { page } from '../support/faults';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import { flowCycle } from '../support/flow';

/** Paperless keeps links on both ends, so a library has them on both. */
function linked(documents: LibraryDocument[], more: Partial<Library> = {}): Library {
  return smallLibrary(documents, { customFields: [{ name: 'Related', dataType: 'documentlink' }], ...more });
}

const links = (...keys: number[]) => ({ customFields: [{ field: 'Related', value: keys }] });

describe('links between documents', () => {
  onEachPair(
    'arrive, also where their targets come later',
    {
      library: linked([
        plainDocument(1, links(9, 5)),
        ...[2, 3, 4, 5, 6, 7, 8].map((key) => plainDocument(key, key === 5 ? links(1) : {})),
        plainDocument(9, links(1)),
      ]),
      settings: { batch_size: 1 },
    },
    async (world) => {
      await world.settle();
      world.assertEqual();
      assert.equal(world.engine.counts(world.idOf()).byStatus.ok, 9);
    },
  );

  onEachPair(
    'round in a circle arrive',
    { library: linked([plainDocument(1, links(2, 3)), plainDocument(2, links(1, 3)), plainDocument(3, links(2, 1))]) },
    async (world) => {
      await world.settle();
      world.assertEqual();
    },
  );

  onEachPair(
    'to a document that is gone are left out, and said to be',
    { library: linked([plainDocument(1, links(2, 3)), plainDocument(2, links(1)), plainDocument(3, links(1))]) },
    async (world) => {
      await world.master.person.trash(3);
      await world.settle();
      world.assertEqual();
      assert.deepEqual([world.row(1).status, world.row(1).reasons], ['limited', ['dangling-link']]);
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
    },
  );

  onEachPair(
    'edited on the master follow, on both ends',
    { library: linked([plainDocument(1, links(2)), plainDocument(2, links(1)), plainDocument(3)]) },
    async (world) => {
      await world.settle();
      const field = world.master.instance.store.customFields.all()[0]!.id;
      await world.master.person.patch(1, { custom_fields: [{ field, value: [3] }] });
      await world.settle();
      world.assertEqual();
      await world.master.person.patch(1, { custom_fields: [] });
      await world.settle();
      world.assertEqual();
    },
  );

  onEachPair(
    'that are not named back are left out, said to be, and come when they are',
    { library: linked([plainDocument(1, links(3)), plainDocument(2), plainDocument(3, links(1))]) },
    async (world) => {
      const full = async (): Promise<void> => {
        const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
        assert.ok(settled, reason ?? '');
      };
      const { person, instance } = world.master;
      const field = instance.store.customFields.all()[0]!.id;
      // Given with an upload, and cut on one end while the other lay in the trash.
      const uploaded = await person.upload('linked.txt', 'Linked by its upload.', { custom_fields: JSON.stringify({ [field]: [2] }) });
      await person.trash(3);
      await person.patch(1, { custom_fields: [{ field, value: [] }] });
      await person.ask('POST', '/api/trash/', { documents: [3], action: 'restore' });
      for (let look = 0; look < 3; look += 1) {
        await full();
        world.assertEqual();
        const told = [1, 2, 3, uploaded].map((id) => [world.row(id).status, world.row(id).reasons]);
        assert.deepEqual(told, [
          ['ok', []],
          ['ok', []],
          ['limited', ['one-sided-link']],
          ['limited', ['one-sided-link']],
        ]);
        if (look === 0) world.replica.forgetRequests();
      }
      assert.deepEqual(world.replica.writes, [], 'what one repairs the other undoes');
      await person.patch(2, { custom_fields: [{ field, value: [uploaded] }] });
      await full();
      world.assertEqual();
      assert.deepEqual([world.row(2).status, world.row(uploaded).status], ['ok', 'ok']);
    },
  );

  scenario(
    'to a document that the flow holds back are limited, and come when it is let go',
    { library: linked([plainDocument(1, links(2)), plainDocument(2, links(1))]) },
    async (world) => {
      await flowCycle(world, { between: (items) => items.filter((item) => item.id !== 2) });
      assert.deepEqual([world.row(1).status, world.row(1).reasons], ['limited', ['dangling-link']]);
      world.engine.flowDeployed();
      await world.settle();
      world.assertEqual();
      assert.deepEqual([world.row(1).status, world.row(2).status], ['ok', 'ok']);
    },
  );

  onEachPair(
    'to a document that the replica refuses keep nobody waiting, and come when it takes it',
    {
      library: linked([plainDocument(1, links(2)), plainDocument(2, links(1))]),
      settings: { quarantine_after: 2, retry_base_seconds: 5, retry_cap_seconds: 10 },
    },
    async (world) => {
      const refusal = world.set(
        ({ bytes, serve }) =>
          Buffer.from(bytes).includes('document-2.txt')
            ? Promise.resolve(page(400, '{"document":["File type not supported"]}', { 'content-type': 'application/json' }))
            : serve(),
        { on: world.replica.name, operation: 'documents.upload', times: Infinity },
      );
      for (let n = 0; n < 4; n += 1) {
        await world.cycle();
        await world.later(60_000);
      }
      assert.equal(world.row(2).status, 'quarantined');
      assert.deepEqual([world.row(1).status, world.row(1).reasons], ['limited', ['dangling-link']]);
      refusal.lift();
      world.store.registry.retry(world.idOf(), [world.row(2).id]);
      await world.settle();
      world.assertEqual();
      assert.deepEqual([world.row(1).status, world.row(2).status], ['ok', 'ok']);
    },
  );

  for (const policy of ['keep', 'trash']) {
    onEachPair(
      `to a document that is deleted and restored go and come back (${policy})`,
      { library: linked([plainDocument(1, links(2)), plainDocument(2, links(1)), plainDocument(3)]), settings: { delete_policy: policy } },
      async (world) => {
        const full = async (): Promise<void> => {
          const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
          assert.ok(settled, reason ?? '');
        };
        await world.settle();
        await world.master.person.trash(2);
        await full();
        assert.deepEqual([world.row(1).status, world.row(1).reasons], ['limited', ['dangling-link']]);
        await world.master.person.ask('POST', '/api/trash/', { documents: [2], action: 'restore' });
        await full();
        world.assertEqual();
        assert.deepEqual([world.row(1).status, world.row(2).status], ['ok', 'ok']);
      },
    );
  }
});

describe('select fields', () => {
  const A = { id: 'optionAAAAAAAAAA', label: 'A' };
  const B = { id: 'optionBBBBBBBBBB', label: 'B' };
  const kind = (...options: { id: string; label: string }[]) => ({ customFields: [{ name: 'Kind', dataType: 'select' as const, options }] });
  const library = smallLibrary(
    [plainDocument(1, { customFields: [{ field: 'Kind', value: A.id }] }), plainDocument(2, { customFields: [{ field: 'Kind', value: B.id }] })],
    kind(A, B),
  );

  onEachPair("keep the master's option ids", { library }, async (world) => {
    await world.settle();
    world.assertEqual();
    assert.deepEqual(world.replica.instance.store.customFields.all()[0]?.extraData?.select_options, [A, B]);
  });

  onEachPair('follow new and renamed options', { library }, async (world) => {
    await world.settle();
    const C = { id: 'optionCCCCCCCCCC', label: 'C' };
    await world.master.person.edit('custom_fields', 1, { extra_data: { select_options: [{ ...A, label: 'A, renamed' }, B, C] } });
    await world.master.person.patch(2, { custom_fields: [{ field: 1, value: C.id }] });
    await world.later(60_000);
    await world.settle();
    world.assertEqual();
  });

  const theirs = smallLibrary(
    [plainDocument(1, { file: textFile('Theirs.'), customFields: [{ field: 'Kind', value: 'theirOptionOnea1' }] })],
    kind({ id: 'theirOptionOnea1', label: 'B' }, { id: 'theirOptionTwo22', label: 'Z' }),
  );
  onEachPair(
    'that the replica has under other ids are matched by label, and its own documents keep theirs',
    { library, replicaLibrary: theirs },
    async (world) => {
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { foreign: [1] }), []);
      assert.deepEqual(world.replica.instance.store.documents.get(1)!.fields[0]?.values.select, 'theirOptionOnea1');
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
    },
  );
});

describe('a custom field of another type on the replica', () => {
  const library = smallLibrary(
    [
      plainDocument(1, {
        correspondent: 'C',
        customFields: [
          { field: 'Sum', value: 'EUR1.00' },
          { field: 'Text', value: 'x' },
        ],
      }),
    ],
    {
      correspondents: [{ name: 'C' }],
      customFields: [
        { name: 'Sum', dataType: 'monetary' },
        { name: 'Text', dataType: 'string' },
      ],
    },
  );
  onEachPair(
    'limits the documents that need it, and nothing else',
    { library, replicaLibrary: smallLibrary([], { customFields: [{ name: 'Sum', dataType: 'string' }] }) },
    async (world) => {
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { fields: { 1: ['custom field Sum'] } }), ['custom field "Sum" differs']);
      assert.deepEqual([world.row(1).status, world.row(1).reasons, world.row(1).verification], ['limited', ['field-type-differs'], 'matched']);
      assert.ok(world.store.logs.query({ level: 'warning', limit: 50 }).some((entry) => entry.message.includes('Sum')));
    },
  );
});

describe('what a replica cannot hold', () => {
  const library = smallLibrary(
    [
      plainDocument(1, { created: '0999-01-01', tags: ['T'] }),
      plainDocument(2, { created: '9999-12-31' }),
      plainDocument(3, { created: '1678-01-01' }),
      plainDocument(4, { created: '2261-12-31' }),
    ],
    { tags: [{ name: 'T' }] },
  );

  scenario(
    'is limited with its reason, and does not loop: dates on 3.x',
    { library, master: '2.20.15', replicas: ['3.0.5', '2.20.15'] },
    async (world) => {
      await world.settle();
      world.assertEqual();
      assert.deepEqual(
        [1, 2, 3, 4].map((id) => world.row(id).reasons),
        [['created-out-of-range'], ['created-out-of-range'], [], []],
      );
      for (const site of world.replicas) site.forgetRequests();
      await world.cycle();
      for (const site of world.replicas) assert.deepEqual(site.writes, []);
    },
  );
});

describe('titles, texts and names', () => {
  const odd = [
    '{{ title }} {% raw %} {#',
    'x'.repeat(127),
    'y'.repeat(128),
    '😀'.repeat(128),
    '  spaced out\u00a0 ',
    'Ö composed and o\u0308 decomposed',
    "[pngx:0123456789] somebody else's",
    '&amp; <b>&lt;</b> "quoted" \\ /',
  ];
  const documents = odd.map((title, n) =>
    plainDocument(n + 1, {
      title,
      content: n % 2 === 0 ? `\u2003 text ${title}\u0085\n` : '',
      file: textFile(
        `File ${n}.`,
        ['a&amp;b.txt', 'a&b.txt', 'o\u0308.txt', 'no extension', '"quoted".txt', '.hidden', `${'ü'.repeat(124)}.txt`, '請求書 📎.txt'][n],
      ),
    }),
  );
  onEachPair('arrive letter by letter', { library: smallLibrary(documents) }, async (world) => {
    await world.settle();
    world.assertEqual();
    assert.equal(world.engine.counts(world.idOf()).verification.matched, odd.length);
    world.replica.forgetRequests();
    await world.cycle();
    assert.deepEqual(world.replica.writes, []);
  });
});

describe('file versions of a 3.x master', () => {
  const version = (n: number) => ({ ...textFile(`Version ${n} of it.`, 'it.txt'), label: `label ${n}`, added: `2026-10-0${n}T10:00:00Z` });
  const library = smallLibrary([plainDocument(1, { versions: [version(2), version(3)] }), plainDocument(2)]);

  scenario('are the same chain on a 3.x replica, and the newest file on a 2.x one', { library, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    await world.settle();
    world.assertEqual();
    assert.deepEqual(world.row(1, world.replicas[1]).reasons, ['older-versions']);
    assert.equal(world.row(1).status, 'ok');
  });

  scenario('that come later follow on a 3.x replica', { library }, async (world) => {
    await world.settle();
    await world.master.person.uploadVersion(2, 'two.txt', 'A second version.', 'second');
    await world.master.person.uploadVersion(1, 'one.txt', 'A fourth version.');
    await world.settle();
    world.assertEqual();
  });

  scenario('that come later need a person on a 2.x replica, which keeps what it has', { library, replicas: ['2.20.15'] }, async (world) => {
    await world.settle();
    await world.master.person.uploadVersion(2, 'two.txt', 'A second version.', 'second');
    await world.settle();
    const needy = world.row(2);
    assert.deepEqual([needy.status, needy.errorCode], ['error', 'file-differs']);
    assert.match(needy.errorNextStep ?? '', /by hand/u);
    assert.equal(world.replica.instance.store.documents.size, 2);
  });
});

describe('a replica with a mind of its own', () => {
  const library = smallLibrary(4);
  const replicaLibrary = smallLibrary([], {
    tags: [
      { name: 'Inbox', inbox: true },
      { name: 'Matching', match: 'text', matchingAlgorithm: 1 },
    ],
    correspondents: [{ name: 'Guessed', match: 'document', matchingAlgorithm: 1 }],
  });
  onEachPair('that tags and files what comes in ends equal all the same', { library, replicaLibrary }, async (world) => {
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.tags.get(1)!.inbox, true, "the replica's own tag was touched");
  });

  const rules = smallLibrary(
    [1, 2].map((key) => plainDocument(key, { tags: [] })),
    {
      tags: [
        { name: 'Inbox', inbox: true },
        { name: 'Matching', match: 'text', matchingAlgorithm: 1 },
      ],
      correspondents: [{ name: 'Guessed', match: 'document', matchingAlgorithm: 1 }],
    },
  );
  onEachPair('gets none from the master: its matching and inbox flags stay off there', { library: rules }, async (world) => {
    await world.settle();
    world.assertEqual();
    const { tags, correspondents } = world.replica.instance.store;
    assert.ok(tags.all().every((tag) => !tag.inbox && tag.algorithm === 0 && tag.match === ''));
    assert.ok(correspondents.all().every((taxon) => taxon.algorithm === 0));
  });
});
