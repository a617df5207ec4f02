import { hashSync } from 'bcryptjs';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { acquireController } from '../../src/controller';
import { isUpload, Server, smallLibrary } from '../flow/world';
import { NodeRed } from './node-red';
import { nodeFiles, secretKey } from './runtime';

const problem = z.object({ code: z.string(), detail: z.string(), next_step: z.string() });

describe('Node-RED as the appliance', function () {
  this.timeout(60_000);
  let folder: string;
  const started: NodeRed[] = [];

  function start(env: Record<string, string> = {}): NodeRed {
    const nodeRed = new NodeRed(folder, env);
    started.push(nodeRed);
    return nodeRed;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pngx-node-red-'));
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.end()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends at once with 1 and one sentence when the environment is wrong', async () => {
    const nodeRed = start({ SECRET_KEY: 'hunter2' });
    assert.equal(await nodeRed.exited, 1);
    assert.match(nodeRed.stderr, /^SECRET_KEY .*pngx new-key.*\n$/);
    assert.equal(nodeRed.stdout, '');
    assert.ok(!nodeRed.stderr.includes('hunter2'));
  });

  it('serves health, metrics, API and dashboard to this machine, has no editor, and logs JSON', async () => {
    const nodeRed = start();
    await nodeRed.healthy();
    assert.deepEqual(JSON.parse((await nodeRed.ask('/healthz')).body), { status: 'ok', db: 'ok' });
    assert.match((await nodeRed.ask('/metrics')).body, /^# TYPE pngx_sync_running gauge$/m);
    assert.equal((await nodeRed.ask('/')).headers['location'], '/dashboard/overview');
    assert.equal((await nodeRed.ask('/dashboard/overview')).status, 200);
    assert.equal((await nodeRed.ask('/api/status')).status, 200);
    const bundle = await nodeRed.ask('/pngx/ui.js');
    assert.match(bundle.body, /customElements/);
    assert.equal((await nodeRed.ask('/pngx/ui.js', { headers: { 'if-none-match': String(bundle.headers['etag']) } })).status, 304);

    const unknown = await nodeRed.ask('/api/coffee?now=1');
    assert.deepEqual([unknown.status, problem.parse(JSON.parse(unknown.body)).code], [404, 'unknown-path']);
    for (const path of ['/editor', '/editor/flows', '/flows', '/nodes', '/settings', '/diagnostics'])
      assert.equal((await nodeRed.ask(path)).status, 404, path);

    const foreign = await nodeRed.ask('/api/status', { headers: { host: 'evil.example' } });
    assert.deepEqual([foreign.status, problem.parse(JSON.parse(foreign.body)).code], [403, 'foreign-host']);
    const forged = await nodeRed.ask('/api/sync', { method: 'POST', headers: { origin: 'http://evil.example' } });
    assert.equal(forged.status, 403);
    // A probe may come from anywhere that reaches it.
    assert.equal((await nodeRed.ask('/healthz', { headers: { host: 'probe.example' } })).status, 200);

    for (const line of nodeRed.stdout.trim().split('\n')) {
      const { ts, level, msg } = JSON.parse(line) as Record<string, unknown>;
      assert.ok(typeof ts === 'string' && typeof level === 'string' && typeof msg === 'string', line);
    }
    assert.equal(nodeRed.stderr, '');
  });

  it("lets no foreign page and no foreign name into the dashboard's socket", async () => {
    const nodeRed = start();
    await nodeRed.healthy();
    const path = '/dashboard/socket.io/?EIO=4&transport=polling';
    const answers = async (headers: Record<string, string>): Promise<string> => {
      const opened = await nodeRed.ask(path, { headers });
      const { sid } = z.object({ sid: z.string() }).parse(JSON.parse(opened.body.slice(1)));
      await nodeRed.ask(`${path}&sid=${sid}`, { method: 'POST', headers: { ...headers, 'content-type': 'text/plain' }, body: '40' });
      return (await nodeRed.ask(`${path}&sid=${sid}`, { headers })).body;
    };
    const own = `http://localhost:${await nodeRed.port()}`;
    // 40 is "connected to the namespace", 44 is "refused"; the dashboard's configuration follows a 40 only.
    assert.match(await answers({ origin: own }), /^40/);
    assert.match(await answers({ origin: 'http://evil.example' }), /^44.*another site/);
    assert.match(await answers({ host: 'evil.example' }), /^44.*another host/);
  });

  it('has an editor behind its password when that is given, with all twelve nodes, their help and the examples', async () => {
    const nodeRed = start({ EDITOR_PASSWORD_HASH: hashSync('a password', 4) });
    await nodeRed.healthy();
    assert.equal((await nodeRed.ask('/editor/flows')).status, 401);
    const wrong = await login(nodeRed, 'another');
    assert.notEqual(wrong.status, 200);
    const { access_token: token } = z.object({ access_token: z.string() }).parse(JSON.parse((await login(nodeRed, 'a password')).body));
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const sets = z
      .array(z.object({ module: z.string(), name: z.string(), types: z.array(z.string()), enabled: z.boolean(), err: z.unknown().optional() }))
      .parse(JSON.parse((await nodeRed.ask('/editor/nodes', { headers })).body))
      .filter(({ module }) => module === '@pngx/node-red-paperless-sync');
    assert.deepEqual(
      sets.map(({ name, types, err }) => [name, types, err]).sort(),
      nodeFiles.map(([name]) => [name, [`paperless-${name}`], undefined]).sort(),
    );
    const page = (await nodeRed.ask('/editor/nodes', { headers: { ...headers, accept: 'text/html' } })).body;
    for (const [name] of nodeFiles) assert.ok(page.includes(`data-help-name="paperless-${name}"`), name);
    const words = await nodeRed.ask('/editor/nodes/messages?lng=en-US', { headers });
    assert.ok(words.body.includes('SECRET_KEY of the environment'));
    const examples = await nodeRed.ask('/editor/library/examples/flows/@pngx/node-red-paperless-sync/01-a-whole-cycle', { headers });
    assert.equal(examples.status, 200);
    const operations = z.array(z.object({ id: z.string() })).parse(JSON.parse((await nodeRed.ask('/editor/paperless/operations', { headers })).body));
    assert.ok(operations.some(({ id }) => id === 'status'));
    assert.equal((await nodeRed.ask('/editor/paperless/operations')).status, 401);
  });

  it('refuses a database that another process has, says so, and takes it over when that one has ended', async () => {
    const first = start();
    await first.healthy();
    const second = start();
    const { status, body } = await second.until(async () => {
      const answer = await second.ask('/healthz');
      return answer.body.includes('starting') ? null : answer;
    });
    assert.equal(status, 503);
    assert.deepEqual(JSON.parse(body), { status: 'error', db: 'error', reason: 'database_in_use' });
    assert.match(second.stdout, /Another process is using the database/);
    const refused = await second.ask('/api/status');
    assert.deepEqual([refused.status, problem.parse(JSON.parse(refused.body)).code], [503, 'database_in_use']);
    first.signal('SIGTERM');
    assert.equal(await first.exited, 0);
    await second.until(async () => (await second.ask('/api/status')).status === 200);
    await second.healthy();
  });

  it("lets a flow's own /healthz answer while all is well, and keeps a user's tab beside the shipped ones", async () => {
    const place = { z: 'mine', x: 100, y: 100 };
    mkdirSync(join(folder, 'node-red'));
    writeFileSync(
      join(folder, 'node-red', 'flows.json'),
      JSON.stringify([
        { id: 'mine', type: 'tab', label: 'mine' },
        { id: 'in', type: 'http in', url: '/healthz', method: 'get', ...place, wires: [['mark']] },
        { id: 'mark', type: 'function', func: 'msg.payload = { mine: true }; return msg;', outputs: 1, ...place, wires: [['out']] },
        { id: 'out', type: 'http response', ...place, wires: [] },
      ]),
    );
    const nodeRed = start();
    await nodeRed.healthy();
    assert.deepEqual(JSON.parse((await nodeRed.ask('/healthz')).body), { mine: true });
    assert.equal((await nodeRed.ask('/api/status')).status, 200);
  });

  it('stopped in the middle of a push, ends with 0, and leaves a database that goes on without loss or double', async () => {
    const documents = 30;
    const master = await Server.start('3.0.5', 1, smallLibrary(documents));
    const replica = await Server.start('3.0.5', 2, null);
    try {
      const nodeRed = start({ MASTER_URL: master.url, MASTER_TOKEN: master.token });
      await nodeRed.healthy();
      const json = { 'content-type': 'application/json' };
      const added = await nodeRed.ask('/api/replicas', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ name: 'backup', url: replica.url, token: replica.token }),
      });
      assert.equal(added.status, 201, added.body);
      let uploads = 0;
      const middle = replica.request((request) => isUpload(request) && ++uploads === 8);
      assert.equal((await nodeRed.ask('/api/sync', { method: 'POST' })).status, 202);
      await middle;
      nodeRed.signal('SIGTERM');
      assert.equal(await nodeRed.exited, 0);
      assert.ok(replica.titles().length < documents);

      const handle = await acquireController({ databasePath: join(folder, 'db.sqlite3'), secretKey, logToStdout: false });
      try {
        const { store } = handle.controller;
        for (const run of store.runs.list({ limit: 10 })) assert.notEqual(run.finishedAt, null);
        // What was cut off may have arrived or not: it is sent again after this long at the earliest.
        store.settings.set('task_poll_timeout_seconds', 1);
        const { settled, reason } = await handle.controller.runUntilSettled({ timeoutMs: 40_000, trigger: 'cli' });
        assert.ok(settled, reason ?? '');
      } finally {
        await handle.release();
      }
      assert.deepEqual(replica.titles(), master.titles());
    } finally {
      await Promise.all([master.close(), replica.close()]);
    }
  });
});

function login(nodeRed: NodeRed, password: string): ReturnType<NodeRed['ask']> {
  const body = new URLSearchParams({ client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password }).toString();
  return nodeRed.ask('/editor/auth/token', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
}
