import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildError, Children, firstJson } from '../../demo/children.js';
import { insistOnPort, usualPort } from '../../demo/ports.js';

describe("the demo's processes", () => {
  let dir: string;
  let children: Children;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'demo-children-'));
    children = new Children(join(dir, 'logs'), 500);
  });
  afterEach(async () => {
    await children.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function script(name: string, code: string): string[] {
    const file = join(dir, `${name}.cjs`);
    writeFileSync(file, code);
    return [file];
  }

  it('waits for the line of JSON and keeps all output in the log', async () => {
    const started = children.start(
      'good',
      script('good', `console.log('hello'); console.log('{"port":1}'); setTimeout(() => console.log('later'), 50);`),
      { cwd: dir },
    );
    assert.deepEqual(await firstJson(started, 20_000), { port: 1 });
    await started.ended;
    assert.equal(readFileSync(started.logFile, 'utf8'), 'hello\n{"port":1}\nlater\n');
  });

  it('tells of a child that ends by itself, with the end of its log', async () => {
    const failure = children.failure();
    const started = children.start('bad', script('bad', `console.error('no such version: 1.2'); process.exitCode = 3;`), { cwd: dir });
    await assert.rejects(
      firstJson(started, 20_000),
      (error: Error) => error instanceof ChildError && /exit code 3[^]*no such version: 1\.2/u.test(error.message),
    );
    await assert.rejects(failure, ChildError);
  });

  it('stops them all, also one that does not listen to SIGTERM, and starts no more', async () => {
    const polite = children.start('polite', script('polite', `setInterval(() => {}, 1000); console.log('{}');`), { cwd: dir });
    const deaf = children.start('deaf', script('deaf', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('{}');`), {
      cwd: dir,
    });
    await Promise.all([firstJson(polite, 20_000), firstJson(deaf, 20_000)]);
    await children.stop();
    assert.equal(await polite.ended, 'SIGTERM');
    assert.equal(await deaf.ended, 'SIGKILL');
    assert.throws(() => children.start('late', script('late', ''), { cwd: dir }), ChildError);
  });
});

describe('ports', () => {
  it('takes another for the usual one when that is taken, and insists on one asked for', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      assert.notEqual(await usualPort(address.port, new Set()), address.port);
      await assert.rejects(
        insistOnPort(address.port, 'the controller'),
        new RegExp(`Port ${address.port} for the controller is taken[^]*--port`, 'u'),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    assert.equal(await insistOnPort(address.port, 'the controller'), address.port);
    assert.notEqual(await usualPort(address.port, new Set([address.port])), address.port);
  });
});
