import assert from 'node:assert/strict';
import { compareSnapshots } from '../../demo/compare/compare.js';
import { keptTitle, strip } from '../../demo/compare/rules.js';
import type { Snapshot, SnapshotDocument } from '../../demo/compare/snapshot.js';

function document(id: number, change: Partial<SnapshotDocument> = {}): SnapshotDocument {
  const names = { correspondent: null, documentType: null, storagePath: null, owner: null, permissions: null };
  const lists = { tags: [], notes: [], customFields: [], chain: [`sha-${id}`], labels: [null], olderTexts: [] };
  const file = { originalFileName: `${id}.pdf`, md5: `md5-${id}`, sha256: `sha-${id}` };
  return { id, title: `T${id}`, content: 'text', created: '2026-01-02', archiveSerialNumber: null, ...names, ...lists, ...file, ...change };
}

function snapshot(version: string, documents: SnapshotDocument[]): Snapshot {
  const collections = { tags: new Map(), correspondents: new Map(), documentTypes: new Map(), storagePaths: new Map(), customFields: new Map() };
  return { url: `http://${version}`, version, major: Number.parseInt(version, 10), documents, collections, people: null, files: 'downloaded' };
}

const link = { id: 1, name: 'Related', data_type: 'documentlink' };

describe('what paperless does to values, as the comparison knows it', () => {
  it('strips as Python does', () => {
    assert.equal(strip('\u00a0\u2003 a b\u3000\n\x1c'), 'a b');
    assert.equal(strip('\ufeffa'), '\ufeffa');
  });

  it('cuts titles by characters, not by code units', () => {
    assert.equal(keptTitle(` ${'😀'.repeat(200)}`), '😀'.repeat(128));
  });

  it('takes outer white space of titles and texts as equal, inner as different', () => {
    const master = snapshot('3.0.5', [document(1, { title: ' A ', content: 'text\n' }), document(2, { content: 'a b' })]);
    const replica = snapshot('3.0.5', [document(1, { title: 'A' }), document(2, { content: 'a  b' })]);
    const result = compareSnapshots(master, replica);
    assert.deepEqual(result.by_field, { content: 1 });
    assert.equal(result.examples.different[0]?.id, 2);
  });

  it('folds a file name for 3.x and keeps it for 2.x', () => {
    const master = snapshot('2.20.15', [document(1, { originalFileName: 'Cafe\u0301.pdf' })]);
    const folded = document(1, { originalFileName: 'Caf\u00e9.pdf' });
    assert.equal(compareSnapshots(master, snapshot('3.0.5', [folded])).different, 0);
    assert.deepEqual(compareSnapshots(master, snapshot('2.20.15', [folded])).by_field, { original_file_name: 1 });
  });
});

describe('pairing', () => {
  it('pairs by bytes first, and twins by title', () => {
    const same = { md5: 'm', sha256: 's', chain: ['s'] };
    const master = snapshot('3.0.5', [document(1, same), document(2, same)]);
    const replica = snapshot('3.0.5', [document(11, { ...document(2), ...same, id: 11 }), document(12, { ...document(1), ...same, id: 12 })]);
    assert.equal(compareSnapshots(master, replica).ok, true);
  });

  it('counts twins on a 2.x replica as limited, on a 3.x replica as missing', () => {
    const same = { md5: 'm', sha256: 's', chain: ['s'] };
    const master = snapshot('3.0.5', [document(1, same), document(2, same)]);
    const one = [document(1, same)];
    const old = compareSnapshots(master, snapshot('2.20.15', one));
    assert.deepEqual([old.missing, old.limited], [0, { 'identical bytes': 1 }]);
    const current = compareSnapshots(master, snapshot('3.0.5', one));
    assert.deepEqual([current.missing, current.limited, current.ok], [1, {}, false]);
  });

  it('never takes an absent document for a limit when no twin of it is there', () => {
    const result = compareSnapshots(snapshot('3.0.5', [document(1), document(2)]), snapshot('2.20.15', [document(1)]));
    assert.deepEqual([result.missing, result.limited], [1, {}]);
  });

  it('calls a document with other bytes different, not missing, when title and file name or archive number say that it is the copy', () => {
    const master = snapshot('3.0.5', [document(1), document(2, { archiveSerialNumber: 7 })]);
    const other = { md5: 'x', sha256: 'x', chain: ['x'] };
    const replica = snapshot('3.0.5', [document(1, other), document(2, { ...other, md5: 'y', sha256: 'y', title: 'other', archiveSerialNumber: 7 })]);
    const result = compareSnapshots(master, replica);
    assert.deepEqual([result.missing, result.different, result.own], [0, 2, 0]);
    assert.equal(result.by_field['file'], 2);
  });

  it("leaves the replica's own documents alone", () => {
    const result = compareSnapshots(snapshot('3.0.5', [document(1)]), snapshot('3.0.5', [document(1), document(99)]));
    assert.deepEqual([result.ok, result.own, result.doubled], [true, 1, 0]);
  });
});

describe('limits and links', () => {
  it('counts older versions on 2.x, and compares the chain on 3.x', () => {
    const master = snapshot('3.0.5', [document(1, { chain: ['sha-0', 'sha-1'] })]);
    const copy = document(1, { chain: ['sha-1'] });
    const old = compareSnapshots(master, snapshot('2.20.15', [{ ...copy, chain: [] }]));
    assert.deepEqual([old.ok, old.limited], [true, { 'older versions': 1 }]);
    assert.deepEqual(compareSnapshots(master, snapshot('3.0.5', [copy])).by_field, { versions: 1 });
  });

  it('lets a created that 3.x cannot hold be, and only there', () => {
    const master = snapshot('2.20.15', [document(1, { created: '0999-01-01' })]);
    const replica = [document(1, { created: '1999-01-01' })];
    assert.deepEqual(compareSnapshots(master, snapshot('3.0.5', replica)).limited, { 'created out of range': 1 });
    assert.equal(compareSnapshots(master, snapshot('2.20.15', replica)).different, 1);
  });

  it('follows document links to the copies, drops dangling ones and says so', () => {
    const links = (ids: number[]): Partial<SnapshotDocument> => ({ customFields: [{ field: link, value: ids }] });
    const master = snapshot('3.0.5', [document(1, links([2, 404])), document(2, links([1]))]);
    const right = snapshot('3.0.5', [
      { ...document(1, links([12])), id: 11 },
      { ...document(2, links([11])), id: 12 },
    ]);
    const result = compareSnapshots(master, right);
    assert.deepEqual([result.ok, result.limited], [true, { 'dangling link': 1 }]);
    const wrong = snapshot('3.0.5', [
      { ...document(1, links([11])), id: 11 },
      { ...document(2, links([11])), id: 12 },
    ]);
    assert.deepEqual(compareSnapshots(master, wrong).examples.different[0]?.differences, [
      { field: 'custom_fields: Related', master: [12], replica: [11] },
    ]);
  });

  it('looks at owners and permissions only when asked', () => {
    const master = snapshot('3.0.5', [document(1, { owner: 'miriam', permissions: ['view user jonas'] })]);
    const replica = snapshot('3.0.5', [document(1, { owner: null, permissions: [] })]);
    assert.equal(compareSnapshots(master, replica).ok, true);
    const asked = compareSnapshots(master, replica, { owners: true });
    assert.deepEqual(asked.by_field, { owner: 1, permissions: 1 });
    assert.ok(asked.fields.includes('owner') && !compareSnapshots(master, replica).fields.includes('owner'));
  });

  it('tells collections that are missing or otherwise', () => {
    const master = snapshot('3.0.5', []);
    master.collections.tags.set('A / B', { color: '#111111' }).set('C', { color: '#222222' });
    const replica = snapshot('3.0.5', []);
    replica.collections.tags.set('C', { color: '#333333' });
    const result = compareSnapshots(master, replica);
    assert.equal(result.ok, false);
    assert.deepEqual(result.collections.tags, { compared: 2, missing: ['A / B'], different: ['C'] });
  });
});
