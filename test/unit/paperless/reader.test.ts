import assert from 'node:assert/strict';
import { createReader } from '../../../src/paperless/http-client';
import { walkIds } from '../../../src/paperless/walk-ids';
import { address, type Answer, fails, html, json, page, real, scripted } from './support';

type Row = Record<string, unknown>;
const doc = (major: 2 | 3, more: Row = {}): Row => ({ ...(real(`${major} document`).json as Row), ...more });
const three = (script: Parameters<typeof scripted>[0]) => {
  const transport = scripted(script);
  return { transport, reader: createReader(address, transport, { version: '3.0.5' }) };
};
const two = (script: Parameters<typeof scripted>[0]) => {
  const transport = scripted(script);
  return { transport, reader: createReader(address, transport, { version: '2.20.15' }) };
};
async function collect(ids: AsyncIterable<number[]>): Promise<number[]> {
  const all: number[] = [];
  for await (const some of ids) all.push(...some);
  return all;
}

describe('every request of a reader', () => {
  it('ends its path with a slash, asks for JSON of its version, and for no compression', async () => {
    const { reader, transport } = three((request) => {
      if (request.path.startsWith('/api/documents/?')) return page([]);
      if (/\/(tags|correspondents|document_types|storage_paths|custom_fields|users|groups|trash)\//.test(request.path)) return page([]);
      if (request.path.includes('metadata')) return real('3 metadata');
      if (request.path.includes('statistics')) return real('3 statistics');
      return real('3 document');
    });
    await reader.statistics();
    await reader.modifiedDocuments({ pageSize: 5 });
    await collect(reader.documentIds());
    await reader.documentsByIds([1]);
    await reader.documentsWithContent([1]);
    await reader.document(1);
    await reader.documentsByChecksum('a'.repeat(64));
    await reader.documentsByTitlePart('x');
    await reader.documentsByAsn(1);
    await reader.metadata(1);
    await (await reader.download(1, 2)).discard();
    await reader.tags();
    await reader.taxa('correspondent');
    await reader.taxa('documentType');
    await reader.storagePaths();
    await reader.customFields();
    await reader.users();
    await reader.groups();
    await reader.trash(1, 50);
    assert.equal(transport.requests.length, 19);
    for (const request of transport.requests) {
      assert.equal(request.method, 'GET');
      assert.match(request.path, /^\/api\/[^?]+\/(\?|$)/, 'a missing slash is answered with the login page (§2)');
      assert.equal(request.headers['accept'], 'application/json; version=10');
      assert.equal(request.headers['accept-encoding'], 'identity', 'a compressed answer has no length to check (§10)');
      assert.equal(request.repeatable, true);
      for (const [name, value] of request.query) assert.notEqual(value, '', name);
    }
  });
});

describe('lists of documents', () => {
  for (const major of [2, 3] as const) {
    it(`are parsed as ${major}.x sends them, asking for the needed fields only, permissions among them`, async () => {
      const { reader, transport } = (major === 2 ? two : three)([page([doc(major)], { next: 'http://elsewhere.example/api/documents/?page=2' })]);
      const found = await reader.modifiedDocuments({ pageSize: 1 });
      assert.equal(found.more, true);
      const first = found.results[0]!;
      assert.equal(first.title, 'Library 0');
      assert.equal(first.archivedFileName, major === 2 ? '2025-01-15 Lamp Works Library 0.pdf' : null);
      assert.equal(first.notes[0]?.user, 'admin');
      assert.deepEqual(first.customFields, [{ field: 1, value: 'A-1' }]);
      assert.equal(first.versions.length, major === 2 ? 0 : 1);
      assert.ok(!('content' in first));
      const asked = transport.requests[0]!.query;
      assert.equal(asked.get('full_perms'), 'true');
      const fields = asked.get('fields')!.split(',');
      assert.ok(fields.includes('permissions') && !fields.includes('content'), 'content is in every row unless it is pruned (§3)');
      assert.equal(fields.includes('versions'), major === 3);
    });
  }

  it('never follow `next`: behind a proxy it names the wrong host (§3)', async () => {
    const { reader, transport } = three([page([doc(3)], { next: 'http://wrong.example:8443/api/documents/?page=2' }), page([doc(3, { id: 2 })])]);
    const found = await reader.documentsByTitlePart('Library');
    assert.deepEqual(
      found.map((d) => d.id),
      [1, 2],
    );
    assert.deepEqual(
      transport.requests.map((r) => r.query.get('page')),
      ['1', '2'],
    );
    assert.ok(transport.requests.every((r) => r.path.startsWith('/api/documents/?')));
  });

  it('are ordered with a tie-break, since paperless adds none (§3)', async () => {
    const { reader, transport } = three([page([])]);
    await reader.modifiedDocuments({ from: '2026-01-01T00:00:00+01:00', to: '2026-01-02T00:00:00+01:00', pageSize: 100 });
    assert.equal(transport.requests[0]!.query.get('ordering'), 'modified,id');
  });

  it('send the + of a time zone as %2B: bare, it arrives as a space and is refused (§3)', async () => {
    const { reader, transport } = three([page([])]);
    await reader.modifiedDocuments({ from: '2026-11-21T08:28:06.157458+01:00', pageSize: 100 });
    assert.match(transport.requests[0]!.path, /modified__gte=2026-11-21T08:28:06\.157458%2B01:00&/);
  });

  it('that ignore the filter are refused: an unknown or dropped filter answers the whole library (§3)', async () => {
    const old = doc(3, { modified: '2020-01-01T00:00:00+01:00' });
    await fails(three([page([old])]).reader.modifiedDocuments({ from: '2026-01-01T00:00:00Z', pageSize: 9 }), 'instance', 'unexpected-answer');
    await fails(three([page([doc(3), doc(3, { id: 2 })])]).reader.documentsByIds([1]), 'instance', 'unexpected-answer');
    await fails(three([page([doc(3)])]).reader.documentsByChecksum('a'.repeat(64)), 'instance', 'unexpected-answer');
    await fails(three([page([doc(3)])]).reader.documentsByTitlePart('[pngx:00]'), 'instance', 'unexpected-answer');
    await fails(three([page([doc(3, { archive_serial_number: 7 })])]).reader.documentsByAsn(8), 'instance', 'unexpected-answer');
  });

  it('are loud about a missing key, naming it, and tolerant to new ones', async () => {
    const { versions: _, ...without } = doc(3);
    const error = await fails(three([page([without])]).reader.modifiedDocuments({ pageSize: 1 }), 'instance', 'unexpected-answer');
    assert.match(error.message, /results\[0\]\.versions/);
    const found = await three([page([doc(3, { brand_new: 1 })])]).reader.modifiedDocuments({ pageSize: 1 });
    assert.equal(found.results.length, 1);
  });

  it('put the versions oldest first, the wire has the newest first (§3)', async () => {
    const row = (id: number, root: boolean) => ({ id, added: '2026-11-21T07:28:00Z', version_label: null, checksum: 'AB'.repeat(32), is_root: root });
    const found = await three([page([doc(3, { versions: [row(9, false), row(4, false), row(1, true)] })])]).reader.documentsByIds([1]);
    assert.deepEqual(
      found[0]!.versions.map((v) => v.id),
      [1, 4, 9],
    );
    assert.equal(found[0]!.versions[0]!.checksum, 'ab'.repeat(32));
  });
});

describe('documents by ids', () => {
  it('an empty id__in is never sent: paperless would answer the whole library (§18.2)', async () => {
    const { reader, transport } = three([]);
    assert.deepEqual(await reader.documentsByIds([]), []);
    assert.deepEqual(await reader.documentsWithContent([]), []);
    assert.equal(transport.requests.length, 0);
  });

  it('go in chunks of at most 900 ids and 8 kB of URL, each id once, a proxy often stops there (§14)', async () => {
    const ids = Array.from({ length: 2500 }, (_, i) => 10_000_000 + i);
    const { reader, transport } = three((request) =>
      page(
        request.query
          .get('id__in')!
          .split(',')
          .map((id) => doc(3, { id: Number(id) })),
      ),
    );
    const found = await reader.documentsByIds([...ids, ...ids]);
    assert.equal(found.length, 2500);
    for (const request of transport.requests) {
      assert.ok((address.url + request.path).length <= 8000, String(request.path.length));
      assert.ok(request.query.get('id__in')!.split(',').length <= 900);
      assert.equal(request.query.get('page_size'), String(request.query.get('id__in')!.split(',').length), 'the default page is 25 (§3)');
    }
    const small = three((request) =>
      page(
        request.query
          .get('id__in')!
          .split(',')
          .map((id) => doc(3, { id: Number(id) })),
      ),
    );
    await small.reader.documentsByIds(Array.from({ length: 901 }, (_, i) => i + 1));
    assert.deepEqual(
      small.transport.requests.map((r) => r.query.get('page_size')),
      ['900', '1'],
    );
  });

  it('take those that exist and leave out the others', async () => {
    const found = await three([page([doc(3)])]).reader.documentsByIds([1, 999]);
    assert.deepEqual(
      found.map((d) => d.id),
      [1],
    );
  });

  it('refuse what is no id before anything is sent', async () => {
    for (const bad of [0, -1, 1.5, Number.NaN]) await assert.rejects(three([]).reader.documentsByIds([bad]), TypeError);
  });
});

describe('blank filters are mistakes of ours and throw: paperless takes them as no filter (§18.2)', () => {
  const { reader, transport } = three([]);
  it('of titles, of white space alone too, which Django strips', async () => {
    for (const blank of ['', '   ', '\n']) await assert.rejects(async () => reader.documentsByTitlePart(blank), /would switch the filter off/);
  });
  it('of checksums, and those of the other algorithm, which match nothing (§6)', async () => {
    for (const bad of ['', 'd41d8cd98f00b204e9800998ecf8427e', 'x'.repeat(64)])
      await assert.rejects(async () => reader.documentsByChecksum(bad), TypeError);
  });
  it('of times', async () => {
    await assert.rejects(async () => reader.modifiedDocuments({ from: '', pageSize: 1 }), /modified__gte is empty/);
  });
  it('of numbers', async () => {
    await assert.rejects(async () => reader.documentsByAsn(Number.NaN), TypeError);
    assert.equal(transport.requests.length, 0);
  });
  it('but ASN 0 is a real number (§5)', async () => {
    const zero = three([page([doc(3, { archive_serial_number: 0 })])]);
    assert.equal((await zero.reader.documentsByAsn(0)).length, 1);
    assert.equal(zero.transport.requests[0]!.query.get('archive_serial_number'), '0');
  });
});

describe('looking for twins', () => {
  it('uses checksum__iexact: `checksum` would be ignored (§3)', async () => {
    const { reader, transport } = three([page([doc(3)])]);
    const sum = (doc(3)['versions'] as { checksum: string }[])[0]!.checksum;
    const found = await reader.documentsByChecksum(sum.toUpperCase());
    assert.equal(found[0]!.content.startsWith('Contract recording'), true);
    assert.equal(transport.requests[0]!.query.get('checksum__iexact'), sum.toUpperCase());
    assert.equal(transport.requests[0]!.query.get('checksum'), null);
  });

  it('finds the nonce in a title by title__icontains, encoded', async () => {
    const { reader, transport } = three([page([])]);
    await reader.documentsByTitlePart('[pngx:4f2a9c01d3] a&b=c+d #1 ü');
    assert.equal(transport.requests[0]!.query.get('title__icontains'), '[pngx:4f2a9c01d3] a&b=c+d #1 ü');
  });
});

describe('ids of all documents', () => {
  it('come in one answer from 2.x, which carries `all` in every page (§3)', async () => {
    const { reader, transport } = two([page([{ id: 5 }], { count: 3, all: [5, 2, 9], next: 'x' })]);
    assert.deepEqual(await collect(reader.documentIds()), [5, 2, 9]);
    assert.equal(transport.requests[0]!.query.get('page_size'), '1');
    await fails(collect(two([page([{ id: 5 }])]).reader.documentIds()), 'instance');
  });

  it('come in pages of 1,000 ordered by id from 3.x', async () => {
    const { reader, transport } = three([page([{ id: 1 }, { id: 2 }], { count: 3, next: 'y' }), page([{ id: 3 }], { count: 3 })]);
    assert.deepEqual(await collect(reader.documentIds()), [1, 2, 3]);
    for (const request of transport.requests)
      assert.deepEqual([request.query.get('ordering'), request.query.get('page_size'), request.query.get('fields')], ['id', '1000', 'id']);
  });

  it('miss none when rows vanish while we walk: later rows move to a page that was read already (§3)', async () => {
    let library = [1, 2, 3, 4, 5, 6, 7];
    const reads: number[] = [];
    const ids = await collect(
      walkIds((number) => {
        reads.push(number);
        if (reads.length === 2) library = library.filter((id) => id !== 1 && id !== 2);
        const rows = library.slice((number - 1) * 3, number * 3).map((id) => ({ id }));
        if (rows.length === 0 && number > 1) return Promise.resolve(null);
        return Promise.resolve({ count: library.length, next: library.length > number * 3 ? 'more' : null, all: undefined, results: rows });
      }),
    );
    assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(reads, [1, 2, 1, 2]);
  });

  it('end when the last page vanishes altogether (404 "Invalid page.")', async () => {
    const { reader } = three([
      page([{ id: 1 }, { id: 2 }], { count: 3, next: 'y' }),
      json({ detail: 'Invalid page.' }, 404),
      page([{ id: 1 }, { id: 3 }], { count: 2 }),
    ]);
    assert.deepEqual(await collect(reader.documentIds()), [1, 2, 3]);
  });
});

describe('one document', () => {
  it('is null when it is gone, trashed or invisible', async () => {
    assert.equal(await three([json({ detail: 'No Document matches the given query.' }, 404)]).reader.document(5), null);
    assert.equal(await three([json({ detail: 'Not found.' }, 404)]).reader.metadata(5), null);
  });

  it('says that rights are missing when its metadata answers 403 as plain text (§2)', async () => {
    await fails(three([real('3 forbidden text')]).reader.metadata(5), 'instance', 'no-rights');
  });

  for (const major of [2, 3] as const)
    it(`has ${major === 2 ? 'an MD5' : 'a SHA-256'} in its metadata on ${major}.x (§6)`, async () => {
      const metadata = await (major === 2 ? two : three)([real(`${major} metadata`)]).reader.metadata(1);
      assert.equal(metadata?.originalChecksum.length, major === 2 ? 32 : 64);
      assert.equal(metadata.originalSize, 924);
    });
});

describe('downloads', () => {
  const pdf: Answer = { status: 200, headers: { 'content-type': 'application/pdf', 'content-length': '5', 'x-version': '3.0.5' }, text: 'hello' };

  it('ask for the original in exactly these letters: the default is the archive (§10)', async () => {
    const { reader, transport } = three([pdf]);
    const download = await reader.download(5, null);
    assert.equal(transport.requests[0]!.path, '/api/documents/5/download/?original=true');
    assert.deepEqual([download.length, download.mimeType], [5, 'application/pdf']);
    const chunks: Uint8Array[] = [];
    for await (const chunk of download.chunks) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'hello');
  });

  it('pick a version on 3.x: without one, the newest comes, not the root (§10)', async () => {
    const { reader, transport } = three([pdf]);
    await reader.download(5, 7);
    assert.deepEqual(
      [...transport.requests[0]!.query],
      [
        ['original', 'true'],
        ['version', '7'],
      ],
    );
    const old = two([pdf]);
    await old.reader.download(5, 7);
    assert.equal(old.transport.requests[0]!.query.get('version'), null);
  });

  it('keep Accept at JSON: application/pdf would be refused with 406 (§1)', async () => {
    const { reader, transport } = three([pdf]);
    await reader.download(5, null);
    assert.match(transport.requests[0]!.headers['accept']!, /^application\/json/);
  });

  it("are never a proxy's login page", async () => {
    await fails(three([html(200)]).reader.download(5, null), 'instance', 'login-page');
    const mail = await three([html(200, { 'x-version': '3.0.5' })]).reader.download(5, null);
    assert.equal(mail.mimeType, 'text/html');
  });

  it("of a document that isn't there fail for that document", async () => {
    await fails(three([json({ detail: 'Not found.' }, 404)]).reader.download(5, null), 'document', 'not-found');
  });

  it('have no length when the server says none', async () => {
    const { 'content-length': _, ...headers } = pdf.headers;
    assert.equal((await three([{ ...pdf, headers }]).reader.download(5, null)).length, null);
  });
});

describe('taxonomies', () => {
  const tag = (id: number, more: Row = {}): Row => ({
    id,
    slug: 'a',
    name: `tag ${id}`,
    color: '#a6cee3',
    text_color: '#000000',
    match: '',
    matching_algorithm: 0,
    is_insensitive: true,
    is_inbox_tag: false,
    document_count: 0,
    owner: null,
    user_can_change: true,
    parent: null,
    children: [],
    ...more,
  });

  it('are read in one page: their lists ignore ordering=id, so pages could shift (§11)', async () => {
    const { reader, transport } = three([page([tag(1), tag(2, { parent: 1 })])]);
    const tags = await reader.tags();
    assert.equal(tags[1]!.parent, 1);
    assert.equal(transport.requests[0]!.query.get('page_size'), '100000');
    assert.equal(transport.requests[0]!.query.get('ordering'), null);
  });

  it('that come cut are refused', async () => {
    await fails(three([page([tag(1)], { count: 2 })]).reader.tags(), 'instance', 'unexpected-answer');
    await fails(three([page([tag(1)], { next: 'more' })]).reader.tags(), 'instance', 'unexpected-answer');
  });

  it('need a parent in each tag from 2.19 on, so that a tree is never flattened unseen', async () => {
    const { parent: _, ...flat } = tag(1);
    await fails(two([page([flat])]).reader.tags(), 'instance', 'unexpected-answer');
    const old = createReader(address, scripted([page([flat])]), { version: '2.18.4', allowUntested: true });
    assert.equal((await old.tags())[0]!.parent, null);
  });

  it('have custom fields with and without extra data', async () => {
    const field = (id: number, data_type: string, extra_data: unknown): Row => ({ id, name: `f${id}`, data_type, extra_data, document_count: 0 });
    const { reader } = three([
      page([
        field(1, 'select', { select_options: [{ label: 'A', id: 'x1' }] }),
        field(2, 'monetary', { default_currency: 'EUR' }),
        field(3, 'date', null),
      ]),
    ]);
    assert.deepEqual(await reader.customFields(), [
      { id: 1, name: 'f1', dataType: 'select', selectOptions: [{ id: 'x1', label: 'A' }], defaultCurrency: null },
      { id: 2, name: 'f2', dataType: 'monetary', selectOptions: [], defaultCurrency: 'EUR' },
      { id: 3, name: 'f3', dataType: 'date', selectOptions: [], defaultCurrency: null },
    ]);
    await fails(three([page([field(1, 'hologram', null)])]).reader.customFields(), 'instance', 'unexpected-answer');
  });

  for (const major of [2, 3] as const)
    it(`know the users and groups of ${major}.x without their secrets`, async () => {
      const { reader } = (major === 2 ? two : three)([real(`${major} users`), real(`${major} groups`)]);
      assert.deepEqual(Object.keys((await reader.users())[0]!), ['id', 'username']);
      assert.deepEqual(await reader.groups(), [{ id: 1, name: 'perm group' }]);
    });
});

describe('the trash', () => {
  for (const major of [2, 3] as const)
    it(`is read without filters, fields or ordering, which it ignores, on ${major}.x (§12)`, async () => {
      const { reader, transport } = (major === 2 ? two : three)([real(`${major} trash`)]);
      const found = await reader.trash(1, 50);
      assert.equal(transport.requests[0]!.path, '/api/trash/?page=1&page_size=50');
      assert.match(found.results[0]!.deletedAt!, /^2026-11-21T/);
      assert.equal(found.results[0]!.rootDocument, null);
    });

  it('says which rows are versions of a trashed root (§12)', async () => {
    const answer = real('3 trash');
    const rows = (answer.json as { results: Row[] }).results;
    rows[0]!['root_document'] = 74;
    assert.equal((await three([answer]).reader.trash(1, 2)).results[0]!.rootDocument, 74);
  });

  it('is empty past its end', async () => {
    assert.deepEqual(await three([json({ detail: 'Invalid page.' }, 404)]).reader.trash(9, 50), { count: 0, results: [], more: false });
  });
});
