import assert from 'node:assert/strict';
import { once } from 'node:events';
import { ended, LiveBench } from '../cli/live-bench';
import { Bench, differing, document, library } from './bench';

describe('comparison of servers at work', function () {
  this.timeout(30_000);
  let bench: Bench;

  beforeEach(async () => {
    bench = await Bench.start('3.0.5', '2.20.15', library([document(1, { tags: ['Old'] }), document(2)], { tags: [{ name: 'Old' }] }));
    await bench.introduce({ sync: true });
  });
  afterEach(() => bench.close());

  it('looks again at what differs, and tells what still does', async () => {
    const row = bench.copy(1);
    row.title = 'A title that is being changed';
    bench.replica.instance.hooks.onResponse = (request, response) => {
      if (request.path.includes('id__in=')) row.title = 'Document 1';
      return response;
    };
    const comparison = await bench.compare();
    assert.deepEqual(differing(comparison), []);
    assert.equal(comparison.documents.equal, 2);
    row.title = 'A title that was changed';
    bench.replica.instance.hooks.onResponse = (_request, response) => response;
    assert.deepEqual(differing(await bench.compare()), ['title']);
  });

  it('reads the collections again for a name that came after them', async () => {
    // Two new tags of one id, which are not of one name.
    const names = new Map([
      [bench.master, 'New'],
      [bench.replica, 'Another'],
    ]);
    for (const [server, name] of names) {
      const { tags, documents } = server.instance.store;
      const { id: _id, ...tag } = tags.all()[0] ?? assert.fail();
      const row = server === bench.master ? documents.get(2) : bench.copy(2);
      server.instance.hooks.onResponse = (request, response) => {
        if (request.path.startsWith('/api/groups/') && !tags.all().some((t) => t.name === name)) row?.tags.push(tags.insert({ ...tag, name }).id);
        return response;
      };
    }
    const comparison = await bench.compare();
    assert.deepEqual(differing(comparison), ['tags']);
    const [example] = comparison.fields.find((f) => f.field === 'tags')?.examples ?? [];
    assert.deepEqual([example?.master_id, example?.master, example?.replica], [2, '["New"]', '["Another"]']);
    assert.equal(comparison.collections.find((c) => c.collection === 'tags')?.missing, 1);
  });

  it('leaves out what was deleted on the master meanwhile', async () => {
    const row = bench.master.instance.store.documents.get(2) ?? assert.fail();
    bench.master.instance.hooks.onResponse = (request, response) => {
      if (request.path.startsWith('/api/groups/')) row.deletedAt = 1;
      return response;
    };
    const comparison = await bench.compare();
    assert.deepEqual([comparison.vanished, comparison.documents.compared, comparison.equal], [1, 1, true]);
  });

  it('ends with 130 when it is interrupted', async () => {
    const live = new LiveBench();
    try {
      const [master, replica] = [await live.server(3), await live.server(0)];
      live.useMaster(master);
      assert.equal((await live.run('replica', 'add', '--name', 'copy', '--url', replica.url, '--token', replica.token)).code, 0);
      const asked = new EventTarget();
      master.instance.hooks.onRequest = () => {
        asked.dispatchEvent(new Event('asked'));
        return new Promise(() => undefined);
      };
      const child = live.start('compare', 'copy', '--json');
      const end = ended(child);
      await once(asked, 'asked');
      child.kill('SIGINT');
      const { code, out, err } = await end;
      assert.deepEqual([code, out, err], [130, '', 'Interrupted.\n']);
    } finally {
      await live.close();
    }
  });
});
