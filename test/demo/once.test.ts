import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Connection } from '../../demo/compare/http.js';
import type { RunningDemo } from '../../demo/demo.js';
import { parseOptions } from '../../demo/options.js';
import { usualPort } from '../../demo/ports.js';
import { runDemo } from '../../demo/run.js';
import type { Summary } from '../../demo/summary.js';
import { generateLibrary } from '../../simulator/library/index.js';

const root = dirname(dirname(dirname(__dirname)));
const documents = 10;

async function request({ url, token }: Connection, method: string, path: string, body?: object): Promise<unknown> {
  const form = body instanceof FormData;
  const headers: Record<string, string> = { authorization: `Token ${token}`, accept: 'application/json; version=9' };
  if (body !== undefined && !form) headers['content-type'] = 'application/json';
  const response = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }) });
  assert.ok(response.ok, `${method} ${path} answered ${response.status}`);
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
}

async function firstId(replica: Connection): Promise<number> {
  const { all } = (await request(replica, 'GET', '/api/documents/?page_size=1&fields=id&ordering=id')) as { all: number[] };
  assert.ok(all[0] !== undefined);
  return all[0];
}

describe('npm run demo -- --once', function () {
  this.timeout(180_000);
  let dir: string;

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'demo-once-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** The demo in this process, with something done behind the product's back before it is judged. */
  async function judged(tamper: (demo: RunningDemo) => Promise<void>): Promise<{ code: number; summary: Summary }> {
    const port = await usualPort(0, new Set());
    const options = parseOptions(['--once', '--documents', String(documents), '--dir', dir, '--port', String(port)], root);
    assert.ok(options);
    const [lines, said]: [string[], string[]] = [[], []];
    const stop = new AbortController().signal;
    const code = await runDemo(options, {
      root,
      stop,
      print: (line) => lines.push(line),
      terminal: { write: (text) => said.push(text) },
      hooks: { beforeComparison: tamper },
    });
    assert.equal(lines.length, 1, said.join(''));
    return { code, summary: JSON.parse(lines[0] ?? '') as Summary };
  }

  it('exits 0 when both replicas hold all, writes nothing to the master, and with --keep leaves the servers up until SIGTERM', async () => {
    const port = await usualPort(0, new Set());
    const args = [join(root, 'dist/demo/main.js'), '--once', '--keep', '--documents', String(documents), '--dir', dir, '--port', String(port)];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    try {
      let line = '';
      for await (const text of createInterface({ input: child.stdout })) {
        line = text;
        if (text.startsWith('{')) break;
      }
      const { ok, problems, replicas, master_requests: requests, bytes, seconds } = JSON.parse(line) as Summary;
      assert.deepEqual([ok, problems], [true, []]);
      assert.ok(seconds > 0);
      const clean = { documents, ok: documents, error: 0, verified: documents, missing: 0, doubled: 0, different: 0, limited: {} };
      assert.deepEqual(replicas, [
        { name: 'replica-1', version: '3.0.5', ...clean },
        { name: 'replica-2', version: '2.20.15', ...clean },
      ]);
      assert.deepEqual(Object.keys(requests), ['GET']);
      assert.equal(bytes['downloads'], bytes['library']);

      const written = JSON.parse(readFileSync(join(dir, 'demo.json'), 'utf8')) as {
        controller: { url: string };
        master: Connection & { version: string };
        replicas: (Connection & { name: string; version: string })[];
      };
      assert.equal(written.controller.url, `http://127.0.0.1:${port}`);
      assert.deepEqual(Object.keys(written.master), ['url', 'token', 'version']);
      assert.deepEqual(Object.keys(written.replicas[1] ?? {}), ['name', 'url', 'token', 'version']);
      for (const instance of [written.master, ...written.replicas]) {
        const { count } = (await request(instance, 'GET', '/api/documents/?page_size=1')) as { count: number };
        assert.equal(count, documents);
      }
      assert.equal((await fetch(`${written.controller.url}/healthz`)).status, 200);
      child.kill('SIGTERM');
      assert.equal(await exit, 0);
      for (const { url } of [written.master, ...written.replicas, written.controller]) await assert.rejects(fetch(url), `${url} is gone`);
    } finally {
      child.kill('SIGTERM');
      await exit;
    }
  });

  it('ends, and its servers with it, when whoever started it is gone', async () => {
    const port = await usualPort(0, new Set());
    const parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const args = [join(root, 'dist/demo/main.js'), '--documents', '3', '--dir', dir, '--port', String(port)];
    const env = { ...process.env, PNGX_DEMO_PARENTS: String(parent.pid) };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
    const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    try {
      for await (const line of createInterface({ input: child.stderr })) if (line.includes('Addresses and tokens')) break;
      child.stderr.resume();
      parent.kill('SIGKILL');
      assert.equal(await exit, 0);
      await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
    } finally {
      parent.kill('SIGKILL');
      child.kill('SIGTERM');
      await exit;
    }
  });

  it('exits 1 when a document was taken away behind its back', async () => {
    const { code, summary } = await judged(async ({ replicas: [first] }) => {
      assert.ok(first);
      await request(first, 'DELETE', `/api/documents/${await firstId(first)}/`);
    });
    assert.deepEqual([code, summary.ok, summary.replicas.map((r) => r.missing), summary.problems], [1, false, [1, 0], ['replica-1: 1 missing']]);
  });

  it('exits 1 when a document was doubled behind its back', async () => {
    const { code, summary } = await judged(async ({ replicas: [first] }) => {
      assert.ok(first);
      const { file } = generateLibrary({ documents, seed: 1 }).documents[4]!;
      const form = new FormData();
      form.set('document', new File([Buffer.from(file.bytes())], 'again.pdf'));
      const task = (await request(first, 'POST', '/api/documents/post_document/', form)) as string;
      for (;;) {
        const [row] = (await request(first, 'GET', `/api/tasks/?task_id=${task}`)) as { status: string }[];
        assert.notEqual(row?.status, 'FAILURE');
        if (row?.status === 'SUCCESS') break;
      }
    });
    assert.deepEqual([code, summary.replicas.map((r) => r.doubled), summary.problems], [1, [1, 0], ['replica-1: 1 doubled']]);
  });

  it('exits 1 when a document was changed behind its back', async () => {
    const { code, summary } = await judged(async ({ replicas: [, second] }) => {
      assert.ok(second);
      await request(second, 'PATCH', `/api/documents/${await firstId(second)}/`, { title: 'not the title' });
    });
    assert.deepEqual([code, summary.replicas.map((r) => r.different), summary.problems], [1, [0, 1], ['replica-2: 1 different (title)']]);
  });
});
