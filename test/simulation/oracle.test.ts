import assert from 'node:assert/strict';
import { generateLibrary } from '../../simulator/library';
import type { DocumentRow } from '../../simulator/state/rows';
import { openWorld, type World } from '../support/world';

describe('the oracle', () => {
  const library = generateLibrary({ documents: 12, seed: 3 });
  let world: World;

  const someone = (): DocumentRow => world.replica.instance.store.documents.all().find((row) => row.tags.length > 0 && row.fields.length > 0)!;

  beforeEach(async function () {
    this.timeout(30_000);
    world = openWorld({ library });
    await world.settle();
    world.assertEqual();
  });
  afterEach(() => world.close());

  const changes: Record<string, (row: DocumentRow) => void> = {
    title: (row) => (row.title += '!'),
    created: (row) => (row.created = '1999-01-01'),
    content: (row) => (row.content += ' more'),
    correspondent: (row) => (row.correspondent = row.correspondent === null ? 1 : null),
    document_type: (row) => (row.documentType = row.documentType === null ? 1 : null),
    storage_path: (row) => (row.storagePath = row.storagePath === null ? 1 : null),
    tags: (row) => row.tags.pop(),
    asn: (row) => (row.asn = 77),
    notes: (row) => row.notes.push({ id: 900, note: 'one more', created: 0, user: null }),
    owner: (row) => (row.owner = 2),
    grants: (row) => row.grants.view.users.push(2),
    original_file_name: (row) => (row.originalFilename = 'other.txt'),
    'custom field': (row) => row.fields.pop(),
  };

  for (const [field, change] of Object.entries(changes)) {
    it(`sees a changed ${field}`, () => {
      change(someone());
      const found = world.differences();
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0]!, new RegExp(`differs: ${field}`, 'u'));
    });
  }

  it('sees a document that is missing, trashed, doubled or of other bytes', () => {
    const { documents } = world.replica.instance.store;
    const row = someone();
    row.deletedAt = 1;
    assert.match(world.differences().join(), /is missing/u);
    row.deletedAt = null;
    const { id: _, ...copy } = row;
    const twin = documents.insert(copy);
    assert.match(world.differences().join(), /stands for nothing/u);
    assert.deepEqual(world.differences(world.replica, { foreign: [twin.id] }), []);
    documents.delete(twin.id);
    row.original = { ...row.original, sha256: 'f'.repeat(64) };
    assert.equal(world.differences().length, 2);
  });

  it('sees taxonomies that are missing or different', () => {
    const { store } = world.replica.instance;
    store.tags.all().find((tag) => tag.parent !== null)!.parent = null;
    store.storagePaths.all()[0]!.path = 'elsewhere';
    store.customFields.all().find((field) => field.dataType === 'select')!.extraData = { select_options: [] };
    const found = world.differences().join('\n');
    assert.match(found, /tag ".+" differs/u);
    assert.match(found, /storage path ".+" differs/u);
    assert.match(found, /lacks its option/u);
  });
});
