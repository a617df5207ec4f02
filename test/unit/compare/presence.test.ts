import assert from 'node:assert/strict';
import type { SimulatedVersion } from '../../../simulator/profile';
import { Bench, differing, document, field, file, library } from './bench';

const LIBRARY = library([document(1), document(2), document(3), document(4, { title: 'Twin', file: file('The same') })]);
/** On 3.x alone: 2.x holds bytes once. */
const TWIN = document(5, { title: 'Twin', file: file('The same'), created: '2024-03-02' });

describe('comparison of what is there', function () {
  this.timeout(30_000);
  let bench: Bench;
  afterEach(() => bench.close());

  async function synced(master: SimulatedVersion, replica: SimulatedVersion, documents = LIBRARY): Promise<void> {
    bench = await Bench.start(master, replica, documents);
    await bench.introduce({ sync: true });
    assert.equal((await bench.compare()).equal, true);
  }

  it('sees a copy that is gone, whatever the map says', async () => {
    await synced('3.0.5', '3.0.5');
    bench.copy(2).deletedAt = 1;
    const comparison = await bench.compare();
    assert.deepEqual(differing(comparison), ['document']);
    assert.deepEqual(comparison.missing, { count: 1, examples: [{ id: 2, title: 'Document 2', because: 'not there' }] });
    assert.equal(comparison.equal, false);
  });

  it('sees a document that came to the master after the sync', async () => {
    await synced('2.20.15', '3.0.5');
    bench.master.instance.seed(library([document(9)]));
    const comparison = await bench.compare();
    assert.equal(comparison.missing.count, 1);
    assert.equal(comparison.equal, false);
  });

  it('tells a second copy from the twin of a twin', async () => {
    await synced('3.0.5', '3.0.5', { ...LIBRARY, documents: [...LIBRARY.documents, TWIN] });
    const { documents } = bench.replica.instance.store;
    const twin = bench.copy(5);
    const { id: _id, ...row } = twin;
    const second = documents.insert({ ...row });
    const comparison = await bench.compare();
    assert.equal(comparison.doubled.count, 1);
    assert.equal(comparison.doubled.examples[0]?.id, second.id);
    assert.equal(comparison.unmapped.count, 0);
    assert.equal(comparison.equal, false);
    second.title = 'Twin [pngx:4f2a9c01d3]';
    assert.equal((await bench.compare()).doubled.count, 1, 'an upload that was never finished');
    second.title = "The replica's own";
    assert.equal((await bench.compare()).doubled.count, 0);
  });

  it("tells the replica's own documents, which are no fault", async () => {
    await synced('3.0.5', '2.20.15');
    bench.replica.instance.seed(library([document(1, { title: 'Its own', file: file('Its own') })]));
    const comparison = await bench.compare();
    assert.deepEqual([comparison.unmapped.count, comparison.unmapped.examples[0]?.title], [1, 'Its own']);
    assert.equal(comparison.equal, true);
  });

  it('leaves copies of deleted documents to the policy', async () => {
    await synced('3.0.5', '3.0.5');
    const row = bench.master.instance.store.documents.get(1) ?? assert.fail();
    row.deletedAt = 1;
    const kept = await bench.compare();
    assert.deepEqual([kept.left_over.count, kept.left_over.kept_by_policy, kept.unmapped.count, kept.equal], [1, true, 0, true]);
    bench.store((store) => store.settings.set('delete_policy', 'trash'));
    const faulty = await bench.compare();
    assert.deepEqual([faulty.left_over.count, faulty.left_over.kept_by_policy, faulty.equal], [1, false, false]);
  });

  it('believes no pair of the map', async () => {
    await synced('3.0.5', '3.0.5');
    // The two copies change their places under the map.
    const { documents } = bench.replica.instance.store;
    const [one, two] = [bench.copy(1), bench.copy(2)];
    const kept = { ...one };
    Object.assign(one, { ...two, id: one.id });
    Object.assign(two, { ...kept, id: two.id });
    assert.equal(documents.size, 4);
    const comparison = await bench.compare();
    assert.deepEqual(differing(comparison), ['file', 'original_file_name', 'versions', 'title', 'content']);
    assert.equal(comparison.documents.different, 2);
  });

  for (const [master, replica] of [
    ['3.0.5', '3.0.5'],
    ['3.0.5', '2.20.15'],
    ['2.20.15', '3.0.5'],
    ['2.20.15', '2.20.15'],
  ] as const) {
    it(`finds the pairs without a map: ${master} → ${replica}`, async () => {
      const twins = master === '3.0.5' && replica === '3.0.5' ? [TWIN] : [];
      const documents = [...LIBRARY.documents, ...twins];
      // The other way round, so that no id is its copy's.
      const copies = documents.toReversed().map((d, index) => ({ ...d, key: index + 1 }));
      bench = await Bench.start(master, replica, library(documents), library(copies));
      await bench.introduce({ sync: false });
      const comparison = await bench.compare();
      assert.deepEqual(comparison.pairs, { total: documents.length, by_map: 0, by_checksum: documents.length, by_title: 0 });
      assert.equal(comparison.equal, true);
    });
  }

  it('without a map takes title and date where the bytes differ, and says that they do', async () => {
    const copies = LIBRARY.documents.map((d) => ({
      ...d,
      file: file(`Other ${d.key}`, d.file.originalFileName),
      content: d.file.text,
      added: '2025-01-01T00:00:00Z',
    }));
    bench = await Bench.start('3.0.5', '3.0.5', LIBRARY, library([...copies, document(7, { ...copies[0], key: 7, file: file('A third') })]));
    await bench.introduce({ sync: false });
    const comparison = await bench.compare();
    // The first has two of its title and date there: nobody guesses.
    assert.deepEqual(comparison.pairs, { total: 3, by_map: 0, by_checksum: 0, by_title: 3 });
    assert.deepEqual(differing(comparison), ['document', 'file', 'versions']);
    assert.equal(field(comparison, 'file').different, 3);
    assert.equal(comparison.missing.count, 1);
  });

  it('sees bytes that rotted under an unchanged checksum, when it reads them', async () => {
    await synced('3.0.5', '3.0.5');
    const row = bench.copy(1);
    const listed = row.original;
    row.original = { size: 3, sha256: listed.sha256, md5: listed.md5, read: () => Buffer.from('rot'), drop: () => undefined };
    assert.equal((await bench.compare()).equal, true);
    assert.deepEqual(differing(await bench.compare({ allBytes: true })), ['file']);
  });
});
