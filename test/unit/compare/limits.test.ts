import assert from 'node:assert/strict';
import type { SimulatedVersion } from '../../../simulator/profile';
import type { Library, LibraryDocument } from '../../../simulator/library/types';
import { Bench, differing, document, field, file, library } from './bench';

const VERSIONS = [{ ...file('Newer'), added: '2024-04-01T10:00:00Z' }];
const LONG = `${'ä'.repeat(125)}.txt`;

/** What a pair of versions can't hold, the field that says so, and how often. */
const CASES: readonly [string, SimulatedVersion, SimulatedVersion, Library, Library | null, string][] = [
  ['older-versions', '3.0.5', '2.20.15', library([document(1, { versions: VERSIONS }), document(2)]), null, 'versions'],
  [
    'identical-bytes',
    '3.0.5',
    '2.20.15',
    library([document(1, { file: file('The same') }), document(2, { file: file('The same') }), document(3)]),
    null,
    'document',
  ],
  ['created-out-of-range', '2.20.15', '3.0.5', library([document(1, { created: '0999-01-01' }), document(2)]), null, 'created'],
  ['file-name-too-long', '3.0.5', '3.0.5', library([document(1, { file: file('Text', LONG) }), document(2)]), null, 'original_file_name'],
  ['file-name-kept', '3.0.5', '2.20.15', library([document(1), document(2)]), library([there(document(1), 'scan.txt')]), 'original_file_name'],
  ['dangling-link', '3.0.5', '2.20.15', links([document(1, { customFields: link(2) }), trashed(2)]), null, 'custom_fields.documentlink'],
  [
    'owner-without-counterpart',
    '3.0.5',
    '2.20.15',
    { ...library([document(1, { owner: 'miriam' }), document(2, { owner: 'admin' })]), users: [{ username: 'miriam' }] },
    null,
    'owner',
  ],
  [
    'grant-without-counterpart',
    '2.20.15',
    '2.20.15',
    { ...library([document(1, { owner: 'admin', permissions: { viewUsers: ['miriam'] } }), document(2)]), users: [{ username: 'miriam' }] },
    null,
    'permissions',
  ],
  [
    'tag-elsewhere',
    '3.0.5',
    '2.20.15',
    library([document(1, { tags: ['Same'] }), document(2, { tags: ['Above'] })], {
      tags: [{ name: 'Above' }, { name: 'Same', parent: 'Above' }, { name: 'Same', owner: 'admin' }],
    }),
    null,
    'tags',
  ],
  [
    'asn-held-by-another',
    '3.0.5',
    '2.20.15',
    library([document(1, { archiveSerialNumber: 5 }), document(2, { archiveSerialNumber: 6 })]),
    library([document(1, { title: 'Its own', file: file('Its own'), archiveSerialNumber: 5 })]),
    'archive_serial_number',
  ],
];

function link(...keys: number[]): LibraryDocument['customFields'] {
  return [{ field: 'See also', value: keys }];
}

/** The same bytes, come to the replica by another way. */
function there(one: LibraryDocument, name: string): LibraryDocument {
  return { ...one, file: { ...one.file, originalFileName: name } };
}

function trashed(key: number): LibraryDocument {
  return document(key, { trashed: true });
}

function links(documents: LibraryDocument[]): Library {
  return library(documents, { customFields: [{ name: 'See also', dataType: 'documentlink' }] });
}

describe('comparison of what a version cannot hold', function () {
  this.timeout(30_000);

  for (const [reason, master, replica, documents, onReplica, name] of CASES) {
    it(`${reason}: ${master} → ${replica}`, async () => {
      const bench = await Bench.start(master, replica, documents, onReplica);
      try {
        await bench.introduce({ sync: true });
        const comparison = await bench.compare();
        assert.deepEqual(differing(comparison), [], JSON.stringify(comparison.fields));
        assert.deepEqual(comparison.limited, { [reason]: 1 });
        assert.equal(field(comparison, name).limited, 1);
        assert.deepEqual(field(comparison, name).examples[0]?.reasons, [reason]);
        assert.equal(comparison.equal, true);
        assert.equal(comparison.documents.limited, 1);
      } finally {
        await bench.close();
      }
    });
  }

  it('is a difference where the version could hold it', async () => {
    const bench = await Bench.start(
      '3.0.5',
      '3.0.5',
      links([document(1, { customFields: link(2) }), document(2, { customFields: link(1) }), document(3)]),
    );
    try {
      await bench.introduce({ sync: true });
      assert.deepEqual((await bench.compare()).limited, {});
      bench.copy(2).deletedAt = 1;
      const comparison = await bench.compare();
      assert.deepEqual(differing(comparison), ['document', 'custom_fields.documentlink']);
      assert.deepEqual(comparison.limited, {});
    } finally {
      await bench.close();
    }
  });

  it('lets a document be seen by nobody who could not see it on the master', async () => {
    const bench = await Bench.start('3.0.5', '2.20.15', { ...library([document(1, { owner: 'miriam' })]), users: [{ username: 'miriam' }] });
    try {
      await bench.introduce({ sync: true });
      const row = bench.copy(1);
      row.owner = null;
      assert.deepEqual(differing(await bench.compare()), ['owner']);
      row.owner = bench.replica.instance.store.users.all()[0]?.id ?? null;
      row.grants.view.users = [bench.replica.instance.store.users.insert({ ...userLike(bench), username: 'guest' }).id];
      assert.deepEqual(differing(await bench.compare()), ['permissions']);
    } finally {
      await bench.close();
    }
  });

  it('finds the holder of an archive number in the trash too', async () => {
    const bench = await Bench.start('3.0.5', '3.0.5', library([document(1, { archiveSerialNumber: 5 })]));
    try {
      await bench.introduce({ sync: true });
      bench.copy(1).asn = null;
      assert.deepEqual(differing(await bench.compare()), ['archive_serial_number']);
      bench.replica.instance.seed(library([document(2, { archiveSerialNumber: 5, trashed: true, file: file('Thrown away') })]));
      const comparison = await bench.compare();
      assert.deepEqual(comparison.limited, { 'asn-held-by-another': 1 });
      assert.equal(comparison.equal, true);
    } finally {
      await bench.close();
    }
  });
});

function userLike(bench: Bench) {
  const { id: _id, ...user } = bench.replica.instance.store.users.all()[0] ?? assert.fail();
  return user;
}
