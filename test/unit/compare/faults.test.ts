import assert from 'node:assert/strict';
import type { CustomFieldType, LibraryDocument } from '../../../simulator/library/types';
import type { DocumentRow } from '../../../simulator/state/rows';
import { Bench, differing, document, field, file, library, replaceBytes } from './bench';

const VALUES: Readonly<Record<CustomFieldType, [unknown, unknown]>> = {
  string: ['A string', 'another string'],
  longtext: ['A long\ntext', 'A long text'],
  url: ['https://example.org/a', 'https://example.org/b'],
  date: ['2024-02-29', '2024-03-01'],
  boolean: [true, false],
  integer: [41, 42],
  float: [1.5, 1.25],
  monetary: ['EUR12.50', '12.50'],
  select: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'],
  documentlink: [[1], [2]],
};
const TYPES = Object.keys(VALUES) as CustomFieldType[];

function whole(): LibraryDocument {
  return document(3, {
    content: 'A corrected text',
    correspondent: 'A correspondent',
    documentType: 'A type',
    storagePath: 'A path',
    tags: ['Leaf'],
    archiveSerialNumber: 17,
    customFields: TYPES.map((type) => ({ field: `a ${type}`, value: VALUES[type][0] })),
    notes: [
      { text: 'One', created: '2024-03-01T10:00:00Z' },
      { text: 'Two', created: '2024-03-02T10:00:00Z' },
    ],
    owner: 'admin',
    permissions: { viewGroups: ['family'] },
  });
}

/** Links have two ends: paperless writes the other one itself. */
const linked = document(1, { customFields: [{ field: 'a documentlink', value: [3] }] });

const LIBRARY = library(
  [
    linked,
    document(2, { permissions: { viewGroups: ['family'], changeGroups: ['family'] } }),
    whole(),
    document(4, { versions: [{ ...file('Newer'), label: 'signed', added: '2024-04-01T10:00:00Z' }] }),
  ],
  {
    groups: ['family', 'office'],
    tags: [{ name: 'Root', color: '#ff0000' }, { name: 'Leaf', parent: 'Root' }, { name: 'Other' }],
    correspondents: [{ name: 'A correspondent' }, { name: 'Another' }],
    documentTypes: [{ name: 'A type' }],
    storagePaths: [{ name: 'A path', path: '{{ created_year }}/{{ title }}' }],
    customFields: TYPES.map((type) => ({
      name: `a ${type}`,
      dataType: type,
      ...(type === 'select'
        ? {
            options: [
              { id: 'aaaaaaaaaaaaaaaa', label: 'First' },
              { id: 'bbbbbbbbbbbbbbbb', label: 'Second' },
            ],
          }
        : {}),
    })),
  },
);

/** One thing wrong on the replica, and the only fields that may tell of it. */
const FAULTS: readonly [string, string[], (row: DocumentRow, bench: Bench) => void][] = [
  ['title', ['title'], (row) => (row.title = 'Another title')],
  ['a title of other white space', ['title'], (row) => (row.title = 'Document  3')],
  ['created', ['created'], (row) => (row.created = '2024-03-02')],
  ['correspondent', ['correspondent'], (row) => (row.correspondent = null)],
  ['document type', ['document_type'], (row) => (row.documentType = null)],
  ['storage path', ['storage_path'], (row) => (row.storagePath = null)],
  ['a lost tag', ['tags'], (row) => row.tags.pop()],
  ['an added tag', ['tags'], (row, { replica }) => row.tags.push(replica.instance.store.tags.all().find((t) => t.name === 'Other')?.id ?? 0)],
  [
    'a tag without its ancestors',
    ['tags'],
    (row, { replica }) => (row.tags = replica.instance.store.tags.all().flatMap((t) => (t.name === 'Root' ? t.id : []))),
  ],
  ['archive number', ['archive_serial_number'], (row) => (row.asn = 18)],
  ['text', ['content'], (row) => (row.content = 'A corrected  text')],
  ['bytes', ['file', 'versions'], (row) => replaceBytes(row, 'Other bytes')],
  ['order of notes', ['notes'], (row) => row.notes.forEach((note) => (note.note = note.note === 'One' ? 'Two' : 'One'))],
  ['a note too many', ['notes'], (row) => row.notes.push({ id: 999, note: 'Three', created: 0, user: null })],
  ['a note trimmed', ['notes'], (row) => row.notes.forEach((note) => (note.note += ' '))],
  ['owner', ['owner'], (row) => (row.owner = null)],
  ['a grant too many', ['permissions'], (row, { replica }) => row.grants.change.groups.push(replica.instance.store.groups.all()[0]?.id ?? 0)],
  ['a grant lost', ['permissions'], (row) => (row.grants.view.groups = [])],
  ...TYPES.filter((type) => type !== 'documentlink').flatMap((type): (typeof FAULTS)[number][] => [
    [`value of a ${type} field`, [`custom_fields.${type}`], (row, bench) => (valueOf(row, bench, type)[type] = VALUES[type][1])],
    [`a ${type} field without its value`, [`custom_fields.${type}`], (row, bench) => (valueOf(row, bench, type)[type] = null)],
    [`a ${type} field lost`, [`custom_fields.${type}`], (row, bench) => (row.fields = row.fields.filter((f) => f.field !== fieldId(bench, type)))],
  ]),
  [
    'a link to another document',
    ['custom_fields.documentlink'],
    (row, bench) => (valueOf(row, bench, 'documentlink').documentlink = [bench.copyOf(2)]),
  ],
  ['a link lost', ['custom_fields.documentlink'], (row, bench) => (valueOf(row, bench, 'documentlink').documentlink = [])],
];

function fieldId({ replica }: Bench, type: CustomFieldType): number {
  return replica.instance.store.customFields.all().find((f) => f.name === `a ${type}`)?.id ?? 0;
}

function valueOf(row: DocumentRow, bench: Bench, type: CustomFieldType): Partial<Record<CustomFieldType, unknown>> {
  const instance = row.fields.find((f) => f.field === fieldId(bench, type));
  if (instance === undefined) throw new Error(`the copy has no ${type} field`);
  return instance.values;
}

describe('comparison of a document', function () {
  this.timeout(30_000);
  let bench: Bench;

  before(async () => {
    bench = await Bench.start('3.0.5', '3.0.5', LIBRARY, library([], { groups: ['family', 'office'] }));
    await bench.introduce({ sync: true });
    const comparison = await bench.compare();
    assert.equal(comparison.equal, true, JSON.stringify(comparison));
  });
  after(() => bench.close());

  it('tells a grant to another group, also where nobody else is granted anything', async () => {
    const { store } = bench.replica.instance;
    const row = store.documents.get(bench.copyOf(2));
    const office = store.groups.all().find(({ name }) => name === 'office');
    assert.ok(row && office);
    const before = row.grants.view.groups;
    row.grants.view.groups = [office.id];
    assert.deepEqual(differing(await bench.compare()), ['permissions']);
    row.grants.view.groups = before;
  });

  it('compares every field of the table', async () => {
    const { fields } = await bench.compare();
    assert.deepEqual(
      fields.filter((f) => f.compared === 0).map((f) => f.field),
      [],
    );
    assert.ok(fields.every((f) => f.compared === f.equal + f.different + f.limited));
  });

  for (const [what, fields, spoil] of FAULTS) {
    it(`sees ${what}`, async () => {
      const row = bench.copy(3);
      const kept = { ...row, ...structuredClone({ ...row, original: null, archive: null }), original: row.original, archive: row.archive };
      spoil(row, bench);
      const comparison = await bench.compare();
      Object.assign(row, kept);
      assert.deepEqual(differing(comparison), fields);
      assert.equal(comparison.equal, false);
      assert.equal(comparison.documents.different, 1);
      const example = field(comparison, fields[0] ?? '').examples[0];
      assert.deepEqual([example?.master_id, example?.replica_id, example?.outcome], [3, row.id, 'different']);
      assert.notEqual(example?.master, example?.replica);
    });
  }

  it('sees a version lost, out of place, or with another label', async () => {
    const { documents } = bench.replica.instance.store;
    const version = documents.all().find((row) => row.root === bench.copyOf(4));
    assert.ok(version !== undefined);
    version.versionLabel = 'unsigned';
    assert.deepEqual(differing(await bench.compare()), ['version_labels']);
    version.versionLabel = 'signed';
    version.deletedAt = 1;
    assert.deepEqual(differing(await bench.compare()), ['file', 'versions', 'version_labels', 'content']);
    version.deletedAt = null;
    assert.equal((await bench.compare()).equal, true);
  });

  it('sees the text of an older version', async () => {
    const row = bench.copy(4);
    const content = row.content;
    row.content = 'Another text of the first file';
    const comparison = await bench.compare();
    row.content = content;
    assert.deepEqual(differing(comparison), ['version_content']);
    assert.deepEqual(field(comparison, 'version_content').examples[0]?.replica, 'Another text of the first file');
  });

  it('takes outer white space of a text for what PATCH leaves off', async () => {
    const row = bench.master.instance.store.documents.get(3);
    assert.ok(row !== undefined);
    row.content = '\n A corrected text \u2003\n';
    assert.deepEqual(differing(await bench.compare()), []);
    row.content = 'A corrected text';
  });

  it('shows where long texts begin to differ', async () => {
    const row = bench.copy(3);
    const master = bench.master.instance.store.documents.get(3);
    assert.ok(master !== undefined);
    [master.content, row.content] = [`${'x'.repeat(5000)}here`, `${'x'.repeat(5000)}there`];
    const [example] = field(await bench.compare(), 'content').examples;
    [master.content, row.content] = ['A corrected text', 'A corrected text'];
    assert.match(example?.master ?? '', /x{20}here$/);
    assert.match(example?.replica ?? '', /x{20}there$/);
  });
});

describe('comparison of collections', function () {
  this.timeout(30_000);
  let bench: Bench;

  before(async () => {
    bench = await Bench.start('3.0.5', '2.20.15', LIBRARY, library([], { groups: ['family', 'office'] }));
    await bench.introduce({ sync: true });
    assert.equal((await bench.compare()).equal, true);
  });
  after(() => bench.close());

  async function found(collection: string): Promise<{ different: number; missing: number; attribute: string | undefined; equal: boolean }> {
    const { collections, equal } = await bench.compare();
    const { different, missing, examples } = collections.find((c) => c.collection === collection) ?? assert.fail();
    return { different, missing, attribute: examples[0]?.attribute, equal };
  }

  it('sees a colour, a parent and a name', async () => {
    const { tags } = bench.replica.instance.store;
    const tag = tags.all().find((t) => t.name === 'Other') ?? assert.fail();
    const before = { ...tag };
    tag.color = '#000000';
    assert.deepEqual(await found('tags'), { different: 1, missing: 0, attribute: 'color', equal: false });
    Object.assign(tag, before, { parent: tags.all()[0]?.id });
    assert.deepEqual(await found('tags'), { different: 1, missing: 0, attribute: 'parent', equal: false });
    Object.assign(tag, before, { name: 'Another name' });
    assert.deepEqual(await found('tags'), { different: 0, missing: 1, attribute: 'name', equal: false });
    Object.assign(tag, before);
  });

  it("sees a storage path's template, and takes rewritten braces for equal", async () => {
    const path = bench.replica.instance.store.storagePaths.all()[0] ?? assert.fail();
    const ours = bench.master.instance.store.storagePaths.all()[0] ?? assert.fail();
    path.path = '{{ created_year }}';
    assert.deepEqual(await found('storage_paths'), { different: 1, missing: 0, attribute: 'path', equal: false });
    [ours.path, path.path] = ['{created_year}', '{{ created_year }}'];
    assert.equal((await found('storage_paths')).equal, true);
  });

  it('sees a type, an option and an owner', async () => {
    const { customFields, correspondents } = bench.replica.instance.store;
    const select = customFields.all().find((f) => f.dataType === 'select') ?? assert.fail();
    const extraData = select.extraData;
    select.extraData = { select_options: [{ id: 'aaaaaaaaaaaaaaaa', label: 'First' }] };
    assert.equal((await found('custom_fields')).attribute, 'options');
    select.extraData = extraData;
    select.dataType = 'string';
    assert.equal((await found('custom_fields')).attribute, 'type');
    select.dataType = 'select';
    const correspondent = correspondents.all()[0] ?? assert.fail();
    correspondent.owner = bench.replica.instance.store.users.all()[0]?.id ?? null;
    assert.deepEqual(await found('correspondents'), { different: 1, missing: 0, attribute: 'owner', equal: false });
    correspondent.owner = null;
    assert.equal((await found('correspondents')).equal, true);
  });

  it("tells the replica's own and finds no fault in them", async () => {
    const { documentTypes } = bench.replica.instance.store;
    const { id: _id, ...type } = documentTypes.all()[0] ?? assert.fail();
    documentTypes.insert({ ...type, name: 'Its own' });
    const { collections, equal } = await bench.compare();
    assert.equal(collections.find((c) => c.collection === 'document_types')?.replica_only, 1);
    assert.equal(equal, true);
  });
});
