import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Comparison } from '../../demo/compare/compare.js';
import { generateLibrary } from '../../simulator/library/index.js';
import { Server } from './server.js';

describe('the comparison as a program', function () {
  this.timeout(30_000);

  function run(args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((resolve) => {
      const main = join(__dirname, '../../demo/compare/main.js');
      const child = execFile(process.execPath, [main, ...args], (_, out, err) => resolve({ code: child.exitCode, out, err }));
    });
  }

  it('exits 0 when the replica holds all, 1 when it does not, 2 when it cannot tell', async () => {
    const library = generateLibrary({ documents: 5, seed: 8 });
    const [master, replica] = [await Server.start('3.0.5', library), await Server.start('2.20.15', library)];
    try {
      const replicaUrl = ['--replica', replica.connection.url, '--replica-token', 'secret'];
      const args = ['--master', master.connection.url, '--master-token', 'secret', ...replicaUrl];
      const clean = await run([...args, '--json']);
      assert.deepEqual([clean.code, (JSON.parse(clean.out) as Comparison).paired], [0, 5]);
      await replica.must('DELETE', '/api/documents/1/');
      await replica.must('PATCH', '/api/documents/2/', { title: 'changed' });
      const spoiled = await run(args);
      assert.equal(spoiled.code, 1);
      assert.match(spoiled.out, /missing 1, doubled 0, different 1[^]*title: .*"changed"/u);
      const refused = await run([...args, '--replica-token', 'wrong']);
      assert.deepEqual([refused.code, refused.out], [2, '']);
      assert.match(refused.err, /refuses the token/u);
      assert.equal((await run(['--master', 'x'])).code, 2);
    } finally {
      await Promise.all([master.stop(), replica.stop()]);
    }
  });

  it('says so when there is no paperless at all', async () => {
    const { code, err } = await run([
      '--master',
      'http://127.0.0.1:1',
      '--master-token',
      't',
      '--replica',
      'http://127.0.0.1:1',
      '--replica-token',
      't',
    ]);
    assert.equal(code, 2);
    assert.match(err, /can't be reached/u);
  });
});
