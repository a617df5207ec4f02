import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeInitializer } from 'node-red';
import { FakeController } from './fake-controller';
import { catcher, caughtSchema, core, flow, load, next, paperless, send, sink, unload } from './runtime';

const running = { running: true, phase: 'verify', docsDone: 3, docsTotal: 9, runId: 7 };
const answer = { running: true, phase: 'verify', docs_done: 3, docs_total: 9, run_id: 7 };

function fakeWithProgress(): FakeController {
  const fake = new FakeController();
  fake.progress = running;
  return fake;
}

describe('the request node', () => {
  afterEach(unload);

  it('runs the operation that is chosen', async () => {
    await load(fakeWithProgress(), flow(paperless('request', [['out']], { operation: 'sync-running' }), sink('out')));
    const out = next('out');
    send('request', { mine: 1 });
    const msg = await out;
    assert.deepEqual(msg['payload'], answer);
    assert.equal(msg['statusCode'], 200);
    assert.equal(msg['mine'], 1);
  });

  it('runs the operation that the message names', async () => {
    await load(fakeWithProgress(), flow(paperless('request', [['out']], { operation: '' }), sink('out')));
    const out = next('out');
    send('request', { operation: 'sync-running' });
    assert.deepEqual((await out)['payload'], answer);
  });

  it('is an error for Catch when the operation fails, is unknown or is not named', async () => {
    await load(fakeWithProgress(), flow(paperless('request', [['out']], { operation: '' }), sink('out'), catcher, sink('caught')));
    for (const [msg, code] of [
      [{}, 'no-operation'],
      [{ operation: 'make-coffee' }, 'unknown-path'],
      [{ operation: 'sync-running', payload: { colour: 'red' } }, 'invalid-input'],
    ] as const) {
      const caught = next('caught');
      send('request', msg);
      const error = caughtSchema.parse((await caught)['error']);
      assert.equal(error.code, code);
      assert.ok(error.cause.nextStep.length > 0);
    }
  });
});

describe('the request node behind an http in node', () => {
  let server: Server | null = null;
  afterEach(async () => {
    await unload();
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    server = null;
  });

  const routes = flow(
    { id: 'in', type: 'http in', url: '/api/sync/running', method: 'get', wires: [['request']] },
    paperless('request', [['response']], { operation: 'sync-running' }),
    { id: 'response', type: 'http response', wires: [] },
  );

  /** Loads the routes and listens with them. */
  async function listen(fake: FakeController): Promise<number> {
    const apps: ((req: IncomingMessage, res: ServerResponse) => void)[] = [];
    const keepApp: NodeInitializer = (RED) => void apps.push(RED.httpNode);
    await load(fake, routes, [core('network/21-httpin.js'), keepApp]);
    const listening = createServer(apps[0]);
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return (listening.address() as AddressInfo).port;
  }

  async function get(port: number, path: string): Promise<{ status: number; type: string | null; body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.json() };
  }

  it('answers with JSON, and refuses a query that it does not know', async () => {
    const port = await listen(fakeWithProgress());
    const good = await get(port, '/api/sync/running');
    assert.deepEqual(good, { status: 200, type: 'application/json; charset=utf-8', body: answer });
    const bad = await get(port, '/api/sync/running?since=yesterday');
    assert.equal(bad.status, 400);
    assert.match(bad.type ?? '', /^application\/problem\+json/);
  });

  it('answers when there is no controller to ask', async () => {
    const fake = fakeWithProgress();
    fake.opening = () => Promise.reject(new Error('no disk'));
    const { status, body } = await get(await listen(fake), '/api/sync/running');
    assert.equal(status, 503);
    assert.equal((body as { code: string }).code, 'unexpected');
  });
});
