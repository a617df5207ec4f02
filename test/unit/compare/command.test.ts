import assert from 'node:assert/strict';
import { acquireController } from '../../../src/controller';
import { openOptionsOf } from '../../../src/api';
import { LiveBench, writes, type Server } from '../cli/live-bench';

describe('pngx compare', function () {
  this.timeout(60_000);
  let bench: LiveBench;
  let master: Server;
  let replica: Server;

  before(async () => {
    bench = new LiveBench();
    master = await bench.server(60);
    replica = await bench.server(0, '2.20.15');
    bench.useMaster(master);
    const added = await bench.run('replica', 'add', '--name', 'copy', '--url', replica.url, '--token', replica.token);
    assert.equal(added.code, 0, added.err);
  });
  after(() => bench.close());

  it('exits 1 while nothing is there, and says what is missing', async () => {
    const { code, out, err } = await bench.run('compare', '--replica', 'copy');
    assert.equal(code, 1, err);
    assert.match(out, /^60 missing on the replica:\n {2}1 "Document 000001": not there\n/m);
    assert.match(
      out,
      /Not equal\. 60 documents: 0 equal, 0 limited, 0 different, 60 missing, 0 doubled\. In collections: tags, correspondents, document_types\.\n$/,
    );
  });

  it('exits 0 when all is equal, with one object of JSON and no write', async () => {
    assert.equal((await bench.run('sync', '--until-settled')).code, 0);
    const before = [writes(master), writes(replica)];
    const ended = await bench.run('compare', 'copy', '--json');
    assert.equal(ended.code, 0, ended.err);
    const { equal, documents, replica: of } = ended.json();
    assert.deepEqual([equal, documents], [true, { compared: 60, equal: 60, different: 0, limited: 0 }]);
    assert.deepEqual(of, { id: 1, name: 'copy', url: replica.url, version: '2.20.15', documents: 60 });
    assert.deepEqual([writes(master), writes(replica)], before);
    assert.match((await bench.run('compare', '--replica', '1')).out, /Equal\. 60 documents: 60 equal, 0 limited\.\n$/);
  });

  it('works beside a controller that has the database', async () => {
    const handle = await acquireController({ ...openOptionsOf(bench.env), logToStdout: false });
    try {
      assert.equal((await bench.run('compare', 'copy')).code, 0);
    } finally {
      await handle.release();
    }
  });

  it('lets no control character of a title reach the terminal', async () => {
    const row = replica.instance.store.documents.get(7) ?? assert.fail();
    const title = row.title;
    row.title = 'Bell\u0007 and \u001b[2Jnothing';
    const { code, out } = await bench.run('compare', 'copy', '--bytes');
    row.title = title;
    assert.equal(code, 1);
    assert.match(out, / {4}replica: Bell {2}and {2}\[2Jnothing\n/);
  });

  it('says what is wrong with the command line, the database and the servers', async () => {
    assert.equal((await bench.run('compare')).code, 2);
    assert.equal((await bench.run('compare', 'nobody')).code, 2);
    const away = await bench.server(0);
    const added = await bench.run('replica', 'add', '--name', 'away', '--url', away.url, '--token', away.token);
    assert.equal(added.code, 0, added.err);
    away.instance.hooks.onRequest = () => ({ status: 401, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"detail":"no"}') });
    const refused = await bench.run('compare', 'away', '--json');
    assert.equal(refused.code, 4);
    assert.deepEqual((refused.json() as { error: { code: string } }).error.code, 'token-refused');
    const empty = new LiveBench();
    try {
      assert.equal((await empty.run('compare', 'copy')).code, 3);
    } finally {
      await empty.close();
    }
  });
});
