import assert from 'node:assert/strict';
import { storedFileName } from '../../../src/paperless/file-names';
import { createWriter } from '../../../src/paperless/http-client';
import { address, type Answer, fails, file, html, json, real, scripted } from './support';

function writerFor(version: string, script: Answer[]) {
  const transport = scripted(script);
  return { transport, writer: createWriter(address, transport, { version }) };
}
const three = (...script: Answer[]) => writerFor('3.0.5', script);
const two = (...script: Answer[]) => writerFor('2.20.15', script);
const uuid = 'b1c40000-0000-4000-8000-000000000001';

/** The parts of a form, as a server takes them apart. */
function parts(bytes: Buffer, contentType: string): { head: string; body: string }[] {
  const boundary = /boundary=(.+)$/.exec(contentType)![1]!;
  const text = bytes.toString('utf8');
  assert.ok(text.endsWith(`\r\n--${boundary}--\r\n`));
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [head, ...body] = part.slice(2, -2).split('\r\n\r\n');
      return { head: head!, body: body.join('\r\n\r\n') };
    });
}

describe('an upload', () => {
  it('is one form with title, plain date and the file, its length known: paperless takes no chunked body (§5)', async () => {
    const { writer, transport } = three(json(uuid));
    assert.equal(await writer.upload(file('%PDF-1.4 hello', 'Größe 日本.pdf'), { title: 'Rent [pngx:01]', created: '2024-05-06' }), uuid);
    const sent = transport.requests[0]!;
    assert.equal(`${sent.method} ${sent.path}`, 'POST /api/documents/post_document/');
    assert.equal(sent.body?.length, sent.bytes.length);
    const form = parts(sent.bytes, sent.headers['content-type']!);
    assert.deepEqual(
      form.map((p) => [/ name="([^"]*)"/.exec(p.head)![1], p.body]),
      [
        ['title', 'Rent [pngx:01]'],
        ['created', '2024-05-06'],
        ['document', '%PDF-1.4 hello'],
      ],
    );
    assert.match(form[2]!.head, /filename="Größe 日本\.pdf"\r\nContent-Type: application\/pdf$/);
    assert.equal(sent.repeatable, false);
  });

  it('sends & as &amp;: paperless unescapes HTML in file names (§5), and so quotes can go as &quot; too', async () => {
    const { writer, transport } = three(json(uuid));
    await writer.upload(file('x', 'A&T "new" &lt;b&gt; &amp;.pdf'), { title: 't' });
    assert.match(transport.requests[0]!.bytes.toString(), /filename="A&amp;T &quot;new&quot; &amp;lt;b&amp;gt; &amp;amp;\.pdf"/);
  });

  it('lets no line break out of a file name', async () => {
    const { writer, transport } = three(json(uuid));
    await writer.upload(file('x', 'a\r\nX-Evil: 1\u0000.pdf'), { title: 't' });
    assert.match(transport.requests[0]!.bytes.toString(), /filename="aX-Evil: 1\.pdf"/);
  });

  // Tried on real 2.20.15 and 3.0.5 servers.
  for (const [name, stored] of [
    ['semi;colon; filename=x.txt', 'semi;colon; filename=x.txt'],
    ['pct%22%41.txt', 'pct%22%41.txt'],
    [`"q" 'x' <b> &copy.txt`, `"q" 'x' <b> &copy.txt`],
    [' lead and trail .txt', ' lead and trail .txt'],
    ['zero\u200dwidth.txt', 'zerowidth.txt'],
    ['nb\u00a0sp.txt', 'nbsp.txt'],
    ['soft\u00adhyphen.txt', 'softhyphen.txt'],
    ['tab\tx.txt', 'tabx.txt'],
    ['a/b.txt', 'b.txt'],
    ['back\\slash.txt', 'slash.txt'],
    ['emoji👨\u200d👩.txt', 'emoji👨👩.txt'],
  ] as const)
    it(`knows that ${JSON.stringify(name)} is stored as ${JSON.stringify(stored)}`, () => {
      assert.equal(storedFileName(name, true), stored);
    });

  it('knows that 3.x composes names and 2.x keeps them (§5)', () => {
    assert.equal(storedFileName('u\u0308.txt', true), '\u00fc.txt');
    assert.equal(storedFileName('u\u0308.txt', false), 'u\u0308.txt');
  });

  it('refuses a file name over 253 bytes, which would be accepted and fail in the task (§18.8)', async () => {
    const { writer, transport } = three(json(uuid));
    await fails(() => writer.upload(file('x', `${'ü'.repeat(125)}.pdf`), { title: 't' }), 'document', 'file-name-too-long');
    await fails(() => writer.upload(file('x', `${'&'.repeat(240)}.pdf`), { title: 't' }), 'document', 'file-name-too-long');
    for (const name of ['', ' ', '\u200d', 'a/']) await fails(() => writer.upload(file('x', name), { title: 't' }), 'document', 'file-name-empty');
    assert.equal(transport.requests.length, 0);
    await writer.upload(file('x', `${'n'.repeat(249)}.pdf`), { title: 't' });
  });

  it('refuses a title that paperless would run as a template or cut (§5)', async () => {
    const { writer, transport } = three(json(uuid));
    for (const title of ['a {{ b', '100% {% of it', '{# x']) await fails(() => writer.upload(file('x'), { title }), 'document', 'title-template');
    await fails(() => writer.upload(file('x'), { title: '😀'.repeat(128) }), 'document', 'title-too-long');
    await fails(() => writer.upload(file('x'), { title: '  ' }), 'document', 'title-empty');
    assert.equal(transport.requests.length, 0);
    await writer.upload(file('x'), { title: `{single} ${'😀'.repeat(118)}` });
  });

  it("refuses a time of day in created: it would move to the server's zone and change the day (§5)", async () => {
    await fails(() => three().writer.upload(file('x'), { title: 't', created: '2024-05-06T23:30:00Z' }), 'document', 'created-not-a-date');
  });

  it('of an unsupported type fails for that document alone, saying what the replica lacks', async () => {
    for (const major of ['2', '3']) {
      const error = await fails(
        three(real(`${major} type unsupported`)).writer.upload(file('x'), { title: 't' }),
        'document',
        'file-type-unsupported',
      );
      assert.match(error.fields!['document']!, /application\/zip not supported/);
      assert.match(error.nextStep, /Tika/);
    }
  });

  it('too big for the proxy names the limit to raise', async () => {
    assert.match((await fails(three(html(413)).writer.upload(file('x'), { title: 't' }), 'document', 'body-limit')).nextStep, /client_max_body_size/);
  });

  for (const [what, answer, code] of [
    ['a 500', real('3 server error'), 'server-error'],
    ['a 502 of the proxy', html(502), 'server-error'],
    ['a 503 with a time', html(503, { 'retry-after': '5' }), 'server-error'],
    ['a 504', html(504), 'server-error'],
    ['200 with a page', html(200), 'login-page'],
    ['200 with other JSON', json({ ok: true }), 'unexpected-answer'],
    ['200 with half of JSON', { ...json(null), json: undefined, text: '"b1c4' }, 'unexpected-answer'],
  ] as const)
    it(`answered with ${what} has an unknown outcome: 3.x would take the same file twice (§6)`, async () => {
      await fails(three(answer).writer.upload(file('x'), { title: 't' }), 'unknown-outcome', code);
    });

  it('to a wrong URL is a 403 page about CSRF, which is told as a wrong URL (§18.5)', async () => {
    for (const major of ['2', '3']) {
      const error = await fails(three(real(`${major} csrf page`)).writer.upload(file('x'), { title: 't' }), 'instance', 'login-page');
      assert.match(error.nextStep, /Check the URL/);
    }
  });

  it('without rights is a 403 in plain text (§2)', async () => {
    await fails(three(real('3 forbidden text')).writer.upload(file('x'), { title: 't' }), 'instance', 'no-rights');
  });
});

describe('a further version', () => {
  it('goes to the root with its label, at most 64 characters (§10)', async () => {
    const { writer, transport } = three(json(uuid));
    await fails(() => writer.uploadVersion(132, file('x'), 'l'.repeat(65)), 'document', 'label-too-long');
    assert.equal(await writer.uploadVersion(132, file('second'), 'rotated'), uuid);
    const sent = transport.requests[0]!;
    assert.equal(sent.path, '/api/documents/132/update_version/');
    assert.deepEqual(
      parts(sent.bytes, sent.headers['content-type']!).map((p) => p.body),
      ['rotated', 'second'],
    );
  });

  it('is not even tried on 2.x, where the address ends in the CSRF page', async () => {
    const { writer, transport } = two();
    await fails(() => writer.uploadVersion(1, file('x'), null), 'document', 'versions-unsupported');
    assert.equal(transport.requests.length, 0);
  });
});

describe('a PATCH of a document', () => {
  const patch = {
    title: 'T',
    content: 'c',
    created: '2024-01-01',
    correspondent: null,
    documentType: 2,
    storagePath: 3,
    tags: [1, 2],
    archiveSerialNumber: 0,
    customFields: [
      { field: 1, value: 'x' },
      { field: 2, value: undefined },
    ],
    owner: null,
    permissions: { view: { users: [1], groups: [] }, change: { users: [], groups: [] } },
  };

  it("sends just what is given, by paperless's names, never `fields`, which prunes what is written (§18.1)", async () => {
    const { writer, transport } = three(real('3 document'), real('3 document'));
    const document = await writer.patchDocument(5, patch);
    assert.equal(document.content.startsWith('Contract'), true);
    assert.equal(`${transport.requests[0]!.method} ${transport.requests[0]!.path}`, 'PATCH /api/documents/5/');
    assert.deepEqual(transport.requests[0]!.sent, {
      title: 'T',
      content: 'c',
      created: '2024-01-01',
      correspondent: null,
      document_type: 2,
      storage_path: 3,
      tags: [1, 2],
      archive_serial_number: 0,
      custom_fields: [
        { field: 1, value: 'x' },
        { field: 2, value: null },
      ],
      owner: null,
      set_permissions: { view: { users: [1], groups: [] }, change: { users: [], groups: [] } },
    });
    await writer.patchDocument(5, { title: '' });
    assert.deepEqual(transport.requests[1]!.sent, { title: '' });
  });

  it('never sends deleted_at, which would trash the document (§18.9), whatever it is handed', async () => {
    const { writer, transport } = three(real('3 document'));
    await writer.patchDocument(5, { title: 'x', ...({ deleted_at: '2024-01-01T00:00:00Z', deletedAt: 'x' } as object) });
    assert.deepEqual(transport.requests[0]!.sent, { title: 'x' });
  });

  it('that is empty is refused: it would move `modified` for nothing (§18.17)', async () => {
    await assert.rejects(async () => three().writer.patchDocument(5, {}), TypeError);
  });

  it('answered 500 may be written, half written or not: unknown (§18.4)', async () => {
    for (const major of ['2', '3'])
      await fails(three(real(`${major} server error`)).writer.patchDocument(5, patch), 'unknown-outcome', 'server-error');
  });

  it('names the ASN that is taken, or that the trash holds (§8)', async () => {
    for (const major of ['2', '3']) {
      await fails(three(real(`${major} asn taken`)).writer.patchDocument(5, patch), 'document', 'asn-taken');
      await fails(three(real(`${major} asn in trash`)).writer.patchDocument(5, patch), 'document', 'asn-in-trash');
    }
  });

  it('tells nested refusals by their path: a dangling document link (§11)', async () => {
    for (const major of ['2', '3']) {
      const error = await fails(three(real(`${major} nested refusal`)).writer.patchDocument(5, patch), 'document', 'link-target-missing');
      assert.match(Object.keys(error.fields!)[0]!, /^custom_fields\.0\./);
      assert.equal(error.request, 'PATCH /api/documents/{id}/');
      assert.equal(error.status, 400);
    }
  });

  it('of what is gone fails for that document', async () => {
    await fails(three(json({ detail: 'No Document matches the given query.' }, 404)).writer.patchDocument(5, patch), 'document', 'not-found');
  });

  it('cuts what paperless says to 500 characters a field', async () => {
    const error = await fails(three(json({ content: ['x'.repeat(9000)] }, 400)).writer.patchDocument(5, patch), 'document', 'refused');
    assert.equal(error.fields!['content']!.length, 500);
    assert.ok(error.message.length < 600);
  });
});

describe('notes', () => {
  it('come back as the whole list, stored untrimmed, empty ones too (§9)', async () => {
    const { writer, transport } = three(real('3 notes'), real('3 notes'));
    const notes = await writer.addNote(114, ' ');
    assert.equal(notes[0]!.user, 'admin');
    assert.deepEqual(transport.requests[0]!.sent, { note: ' ' });
    await writer.deleteNote(114, 2);
    assert.equal(`${transport.requests[1]!.method} ${transport.requests[1]!.path}`, 'DELETE /api/documents/114/notes/?id=2');
  });

  it('fail with a 200 too: stored or not, nobody knows (§9)', async () => {
    for (const major of ['2', '3']) await fails(three(real(`${major} note error`)).writer.addNote(114, 'x'), 'unknown-outcome', 'note-error');
  });
});

describe('the trash', () => {
  it('takes a document by DELETE and gives it back by its id alone: without ids, paperless would act on all (§12)', async () => {
    const { writer, transport } = three({ status: 204, headers: {} }, json({ result: 'OK', doc_ids: [5] }));
    await writer.trashDocument(5);
    await writer.restoreDocument(5);
    assert.deepEqual(
      transport.requests.map((r) => `${r.method} ${r.path}`),
      ['DELETE /api/documents/5/', 'POST /api/trash/'],
    );
    assert.deepEqual(transport.requests[1]!.sent, { documents: [5], action: 'restore' });
    assert.ok(transport.requests.every((r) => !r.repeatable));
  });

  it('that has no such document says so', async () => {
    await fails(
      three(json({ documents: ['Some documents in the list have not yet been deleted.'] }, 400)).writer.restoreDocument(5),
      'document',
      'refused',
    );
    await fails(three(html(500)).writer.trashDocument(5), 'unknown-outcome');
    await fails(three(html(302, { location: 'https://login.example.org/' })).writer.trashDocument(5), 'instance', 'login-page');
  });
});

describe('collections', () => {
  const tag = { id: 1, name: 'A', owner: null, match: '', matching_algorithm: 0, color: '#a6cee3', is_inbox_tag: false, parent: null };

  it("are made unowned unless told otherwise: without `owner` they would be the token user's (§11)", async () => {
    const { writer, transport } = three(json(tag, 201), json({ ...tag, owner: 4 }, 201), json(tag, 201), json({ ...tag, path: 'x' }, 201));
    assert.equal((await writer.createTag({ name: 'A', color: '#a6cee3', parent: null, matchingAlgorithm: 0 })).id, 1);
    await writer.createTag({ name: 'A', owner: 4 });
    await writer.createTaxon('correspondent', { name: 'C', matchingAlgorithm: 0 });
    await writer.createTaxon('storagePath', { name: 'P', path: '{{ title }}' });
    assert.deepEqual(
      transport.requests.map((r) => [r.path, r.sent]),
      [
        ['/api/tags/', { owner: null, name: 'A', color: '#a6cee3', parent: null, matching_algorithm: 0 }],
        ['/api/tags/', { owner: 4, name: 'A' }],
        ['/api/correspondents/', { owner: null, name: 'C', matching_algorithm: 0 }],
        ['/api/storage_paths/', { owner: null, name: 'P', path: '{{ title }}' }],
      ],
    );
  });

  it('are patched by what is given, never with an owner unasked', async () => {
    const { writer, transport } = three(json(tag), json(tag), json({ ...tag, data_type: 'date', extra_data: null }));
    await writer.patchTag(1, { name: 'B', isInboxTag: false });
    await writer.patchTaxon('documentType', 2, { match: 'm' });
    await writer.patchCustomField(3, { name: 'F' });
    assert.deepEqual(
      transport.requests.map((r) => [r.method, r.path, r.sent]),
      [
        ['PATCH', '/api/tags/1/', { name: 'B', is_inbox_tag: false }],
        ['PATCH', '/api/document_types/2/', { match: 'm' }],
        ['PATCH', '/api/custom_fields/3/', { name: 'F' }],
      ],
    );
    await assert.rejects(async () => writer.patchTag(1, {}), TypeError);
  });

  it('that exist are told in either of the two shapes (§18.7)', async () => {
    for (const fixture of ['2 name taken str', '2 name taken list', '3 name taken str', '3 name taken list'])
      await fails(three(real(fixture)).writer.createTaxon('correspondent', { name: 'C' }), 'document', 'name-taken');
    await fails(
      three(json({ name: ['custom field with this name already exists.'] }, 400)).writer.createCustomField({ name: 'F', dataType: 'date' }),
      'document',
      'name-taken',
    );
  });

  it('renamed onto an existing name are a 500, which stays unknown until looked at (§18.7)', async () => {
    await fails(three(real('3 server error')).writer.patchTag(1, { name: 'taken' }), 'unknown-outcome');
  });

  it('keep the option ids of select fields, so that values need no mapping (§11)', async () => {
    const answer = json({ id: 1, name: 'S', data_type: 'select', extra_data: { select_options: [{ id: 'short', label: 'C' }] } }, 201);
    const { writer, transport } = three(answer, json({ id: 2, name: 'M', data_type: 'monetary', extra_data: { default_currency: 'EUR' } }, 201));
    await writer.createCustomField({ name: 'S', dataType: 'select', selectOptions: [{ id: 'short', label: 'C' }] });
    await writer.createCustomField({ name: 'M', dataType: 'monetary', defaultCurrency: 'EUR' });
    assert.deepEqual(
      transport.requests.map((r) => r.sent),
      [
        { name: 'S', data_type: 'select', extra_data: { select_options: [{ id: 'short', label: 'C' }] } },
        { name: 'M', data_type: 'monetary', extra_data: { default_currency: 'EUR' } },
      ],
    );
  });
});
