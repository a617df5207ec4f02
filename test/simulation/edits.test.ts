import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';

const people = { users: [{ username: 'miriam' }, { username: 'jonas' }], groups: ['family'] };

const library = smallLibrary(
  [
    plainDocument(1, {
      correspondent: 'Bank',
      documentType: 'Letter',
      storagePath: 'By year',
      tags: ['Tax'],
      archiveSerialNumber: 11,
      customFields: [
        { field: 'Text', value: 'one' },
        { field: 'Kind', value: 'optionAAAAAAAAAA' },
      ],
      notes: [{ text: 'first', created: '2026-10-02T10:00:00Z' }],
    }),
    plainDocument(2),
    plainDocument(3),
  ],
  {
    ...people,
    tags: [{ name: 'Finance' }, { name: 'Tax', parent: 'Finance' }, { name: 'Bills' }],
    correspondents: [{ name: 'Bank' }, { name: 'Office' }],
    documentTypes: [{ name: 'Letter' }, { name: 'Bill' }],
    storagePaths: [
      { name: 'By year', path: '{{ created_year }}' },
      { name: 'Flat', path: 'flat' },
    ],
    customFields: [
      { name: 'Text', dataType: 'string' },
      { name: 'Site', dataType: 'url' },
      { name: 'Due', dataType: 'date' },
      { name: 'Paid', dataType: 'boolean' },
      { name: 'Count', dataType: 'integer' },
      { name: 'Weight', dataType: 'float' },
      { name: 'Sum', dataType: 'monetary', defaultCurrency: 'EUR' },
      { name: 'Related', dataType: 'documentlink' },
      {
        name: 'Kind',
        dataType: 'select',
        options: [
          { id: 'optionAAAAAAAAAA', label: 'A' },
          { id: 'optionBBBBBBBBBB', label: 'B' },
        ],
      },
      { name: 'Story', dataType: 'longtext' },
    ],
  },
);
const replicaLibrary = smallLibrary([], people);

/** Values that every field takes, by name. */
const values: Record<string, unknown> = {
  Text: 'two ⚡',
  Site: 'https://example.org/a?b=c',
  Due: '2027-01-31',
  Paid: false,
  Count: -2147483648,
  Weight: 0.1,
  Sum: 'USD-12.30',
  Related: [2, 3],
  Kind: 'optionBBBBBBBBBB',
  Story: 'a\nlong\n\nstory',
};

describe('an edit on the master', () => {
  onEachPair('reaches the replica, whichever field it is of', { library, replicaLibrary }, async (world) => {
    await world.settle();
    const { person, instance } = world.master;
    const fields = instance.store.customFields.all();
    const edits: Record<string, unknown>[] = [
      { title: 'Ein neuer Titel – 新しい {{ title }}' },
      { created: '1987-02-28' },
      { correspondent: 2 },
      { correspondent: null },
      { document_type: 2 },
      { document_type: null },
      { storage_path: 2 },
      { storage_path: null },
      { tags: [3] },
      { tags: [1, 2, 3] },
      { tags: [] },
      { archive_serial_number: 0 },
      { archive_serial_number: 4294967295 },
      { archive_serial_number: null },
      { content: '  A corrected text.\nWith a second line \n' },
      { content: '' },
      ...fields.map((field) => ({ custom_fields: [{ field: field.id, value: values[field.name] }] })),
      { custom_fields: fields.map((field) => ({ field: field.id, value: values[field.name] })) },
      { custom_fields: fields.map((field) => ({ field: field.id, value: null })) },
      { custom_fields: [] },
      { owner: 3 + Number(world.master.major === 2) },
      { set_permissions: { view: { users: [], groups: [1] }, change: { users: [], groups: [] } } },
      { owner: null },
    ];
    for (const edit of edits) {
      await person.patch(1, edit);
      await world.later(1000);
      const [run] = await world.settle();
      assert.deepEqual(world.differences(), [], JSON.stringify(edit));
      assert.ok((run?.synced ?? 0) >= 1, `nothing was synced after ${JSON.stringify(edit)}`);
      const row = world.row(1);
      assert.deepEqual([row.status, row.verification], ['ok', 'matched'], `${JSON.stringify(edit)}: ${row.difference ?? ''}`);
    }
  });

  onEachPair('of notes keeps their order', { library, replicaLibrary }, async (world) => {
    await world.settle();
    const { person, instance } = world.master;
    const notes = () => instance.store.documents.get(1)!.notes;
    await person.note(1, 'second\nwith a line');
    await person.note(1, 'third');
    await world.settle();
    world.assertEqual();
    await person.deleteNote(1, notes()[0]!.id);
    await world.settle();
    world.assertEqual();
    // Reordered: taken away in front, written again behind.
    const first = notes()[0]!;
    await person.deleteNote(1, first.id);
    await person.note(1, first.note);
    await world.settle();
    world.assertEqual();
    for (const note of notes()) await person.deleteNote(1, note.id);
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.documents.get(1)!.notes.length, 0);
  });

  onEachPair('while it is being pushed is not lost', { library, replicaLibrary }, async (world) => {
    let edited = false;
    world.onRequest(async ({ site, request }) => {
      if (edited || site !== world.replica || request.operation !== 'documents.patch') return;
      edited = true;
      await world.master.person.patch(1, { title: 'Edited meanwhile' });
    });
    await world.settle();
    await world.later(1000);
    await world.settle();
    assert.ok(edited);
    world.assertEqual();
  });

  scenario('of the tree of tags moves them on the replica too', { library, replicaLibrary, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    const { person } = world.master;
    await world.settle();
    await person.edit('tags', 2, { parent: 3 });
    await world.later(10_000);
    await world.settle();
    world.assertEqual();
    await person.edit('tags', 2, { parent: null });
    await person.edit('tags', 3, { color: '#123456' });
    await world.later(10_000);
    await world.settle();
    world.assertEqual();
    const deep = await person.create('tags', { name: 'Deeper', parent: 2 });
    await person.patch(2, { tags: [deep, 2] });
    await world.settle();
    world.assertEqual();
  });

  scenario('after which nothing is written twice', { library, replicaLibrary, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    await world.settle();
    await world.master.person.patch(2, { title: 'Once', tags: [2, 1] });
    await world.settle();
    for (const site of world.replicas) site.forgetRequests();
    await world.cycle();
    await world.cycle();
    for (const site of world.replicas) assert.deepEqual(site.writes, []);
  });
});
