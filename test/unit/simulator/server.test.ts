import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ConnectionBroken, listen, type Running } from '../../../simulator/http/server';
import { machineEnvironment } from '../../../simulator/environment';
import { Instance } from '../../../simulator/instance';
import { DiskStore } from '../../../simulator/state/disk-files';
import { form, multipartType, token } from './helpers';

interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  size: number;
  text: string;
}

/** Sends chunks; with a length announced, or chunked when there is none. */
function send(url: string, method: string, headers: Record<string, string>, chunks: Iterable<Buffer> = []): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { authorization: `Token ${token}`, ...headers } }, (incoming) => {
      let size = 0;
      const kept: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size < 100_000) kept.push(chunk);
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, size, text: Buffer.concat(kept).toString() }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    void (async () => {
      for (const chunk of chunks) if (!outgoing.write(chunk)) await once(outgoing, 'drain');
      outgoing.end();
    })();
  });
}

describe('an instance behind a socket', () => {
  let running: Running;
  let files: DiskStore;
  let instance: Instance;

  before(async () => {
    files = new DiskStore();
    instance = new Instance({ version: '3.0.5', environment: machineEnvironment(1), token, files });
    running = await listen((incoming) => instance.handle(incoming), 0);
  });

  after(async () => {
    await running.close();
    files.clear();
    assert.ok(!existsSync(files.folder));
  });

  async function consumed(): Promise<void> {
    for (;;) {
      const tasks = JSON.parse((await send(`${running.url}/api/tasks/active/`, 'GET', {})).text) as unknown[];
      if (tasks.length === 0) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('takes an upload with its length, and gives the bytes back with theirs', async () => {
    const body = form('a.txt', 'hello');
    const url = `${running.url}/api/documents/post_document/`;
    assert.equal((await send(url, 'POST', { 'content-type': multipartType, 'content-length': String(body.length) }, [body])).status, 200);
    await consumed();
    const got = await send(`${running.url}/api/documents/1/download/?original=true`, 'GET', {});
    assert.deepEqual([got.text, got.headers['content-length']], ['hello', '5']);
  });

  it('takes no chunked body, as real servers do', async () => {
    const url = `${running.url}/api/documents/post_document/`;
    const got = await send(url, 'POST', { 'content-type': multipartType }, [form('b.txt', 'x')]);
    assert.deepEqual([got.status, got.text], [400, '{"document":["No file was submitted."]}']);
  });

  it('streams a big file to disk and back without holding it in memory', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    const count = 200;
    const [head = '', tail = ''] = form('big.txt', '|').toString().split('|');
    const length = head.length + tail.length + count * chunk.length;
    function* chunks() {
      yield Buffer.from(head);
      for (let n = 0; n < count; n++) yield chunk;
      yield Buffer.from(tail);
    }
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    const url = `${running.url}/api/documents/post_document/`;
    assert.equal((await send(url, 'POST', { 'content-type': multipartType, 'content-length': String(length) }, chunks())).status, 200);
    await consumed();
    const got = await send(`${running.url}/api/documents/2/download/?original=true`, 'GET', { 'accept-encoding': 'identity' });
    clearInterval(watch);
    assert.equal(got.size, count * chunk.length);
    assert.ok(peak - before < 120 * (1 << 20), `${Math.round((peak - before) / (1 << 20))} MB more`);
  }).timeout(20_000);

  it('breaks the connection where a hook says so', async () => {
    instance.hooks.onResponse = () => {
      throw new ConnectionBroken();
    };
    await assert.rejects(send(`${running.url}/api/tags/`, 'GET', {}), /socket hang up|ECONNRESET/);
    delete instance.hooks.onResponse;
    assert.equal((await send(`${running.url}/api/tags/`, 'GET', {})).status, 200);
  });

  it('cuts an answer short where its body breaks', async () => {
    instance.hooks.onResponse = (_request, response) => ({
      ...response,
      // eslint-disable-next-line @typescript-eslint/require-await -- a body that breaks after its first bytes
      body: (async function* () {
        yield Buffer.from('{');
        throw new ConnectionBroken();
      })(),
    });
    await assert.rejects(send(`${running.url}/api/tags/`, 'GET', {}), /aborted|ECONNRESET|hang up/);
    delete instance.hooks.onResponse;
  });
});

describe('the simulator command', () => {
  const main = join(__dirname, '..', '..', '..', 'simulator', 'main.js');

  function start(...args: string[]) {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    return {
      child,
      errors,
      line: async () => JSON.parse(((await once(createInterface(child.stdout), 'line')) as [string])[0]) as Record<string, unknown>,
    };
  }

  it('prints one line of JSON when it listens, answers to its token, and stops on SIGTERM', async () => {
    const { child, line } = start('--version', '2.20.15', '--port', '0', '--library', '5', '--seed', '3', '--token', token);
    const told = await line();
    assert.deepEqual({ ...told, url: undefined }, { url: undefined, version: '2.20.15', token, documents: 5 });
    const got = await send(`${String(told.url)}/api/documents/?fields=id`, 'GET', {});
    assert.deepEqual([got.status, got.headers['x-version']], [200, '2.20.15']);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  }).timeout(15_000);

  it('says what is wrong with an option', async () => {
    for (const [args, words] of [
      [['--version', '1.0'], /--version takes 2\.20\.15 or 3\.0\.5, not "1\.0"/],
      [['--port', 'x'], /--port takes a whole number, not "x"/],
      [['--nonsense'], /Unknown option '--nonsense'/],
    ] as const) {
      const { child, errors } = start(...args);
      assert.equal(((await once(child, 'exit')) as [number])[0], 2);
      assert.match(errors.join(''), words);
    }
  }).timeout(15_000);
});
