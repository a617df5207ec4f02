import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lines } from '../../../src/api/protocol';
import { isListening, problemSchema, serveSocket, socketPathOf, startControllerWithSocket, type SocketServer } from '../../../src/api';
import { ConfigError } from '../../../src/controller';
import { SocketClient } from '../../../src/cli/socket-client';
import type { Store } from '../../../src/state';
import { fakeController } from './fake-controller';

describe('the socket beside the database', () => {
  let folder: string;
  let path: string;
  const open: { close(): unknown }[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pngx-'));
    path = join(folder, 'db.sqlite3.sock');
  });

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
    rmSync(folder, { recursive: true });
  });

  async function serve(controller = fakeController()): Promise<SocketServer> {
    const server = await serveSocket(controller, path);
    open.push(server);
    return server;
  }

  async function connect(): Promise<SocketClient> {
    const client = await SocketClient.connect(path);
    assert(client !== null);
    open.push(client);
    return client;
  }

  it('is open to its owner alone', async () => {
    await serve();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('greets, answers operations and refuses unknown ones with a problem', async () => {
    await serve();
    const client = await connect();
    assert.deepEqual(await client.hello(), { protocol: 1, pid: process.pid, version: '0.1.0', flow: false });
    const running = await client.call('sync-running');
    assert.deepEqual(running.body, { running: false, phase: 'idle', docs_done: 0, docs_total: 0, run_id: null });
    const unknown = await client.call('format-disk');
    assert.equal(unknown.status, 404);
    assert.equal(problemSchema.parse(unknown.body).code, 'unknown-path');
  });

  it('answers many requests of many clients, each its own', async () => {
    await serve();
    const clients = await Promise.all([connect(), connect(), connect()]);
    const answers = await Promise.all(
      clients.flatMap((client, c) => Array.from({ length: 20 }, (_, n) => client.call(`none-${c}-${n}`).then((a) => ({ c, n, body: a.body })))),
    );
    for (const { c, n, body } of answers) assert.equal(problemSchema.parse(body).detail, `There is nothing at operation "none-${c}-${n}".`);
  });

  it('sends the events that a client asked for, and stops listening when it goes', async () => {
    const controller = fakeController();
    await serve(controller);
    const client = await connect();
    const seen: string[] = [];
    await client.subscribe(['replica-recovered'], (event) => seen.push(String(event.replica)));
    controller.emit({ type: 'run-skipped', code: 'x', message: 'y' });
    controller.emit({ type: 'replica-recovered', replica: 'attic' });
    await client.call('sync-running');
    assert.deepEqual(seen, ['attic']);
    client.close();
    await client.over;
    // The server sees the end a moment later: another client's answer comes after it.
    for (const other = await connect(); controller.listeners.size > 0;) await other.call('sync-running');
    assert.equal(controller.listeners.size, 0);
  });

  it('takes lines in pieces, and ends a connection that speaks something else', async () => {
    await serve();
    const socket = createConnection(path);
    open.push({ close: () => socket.destroy() });
    const answers = lines(socket);
    await answers.next();
    socket.write('{"id":7,"operation":');
    socket.write('"sync-running"}\n');
    assert.equal((JSON.parse((await answers.next()).value as string) as { id: number }).id, 7);
    socket.write('GET / HTTP/1.1\n');
    const refusal = JSON.parse((await answers.next()).value as string) as { status: number; body: unknown };
    assert.equal(refusal.status, 400);
    assert.equal(problemSchema.parse(refusal.body).code, 'malformed-request');
    assert.equal((await answers.next()).done, true);
  });

  it('tells a waiting command when the controller goes', async () => {
    const store = { replicas: { get: () => ({ id: 1, url: 'http://replica' }), token: () => 't' } } as unknown as Store;
    const tested = new Promise<void>((resolve) => open.push({ close: resolve }));
    const server = await serve(
      fakeController({
        store,
        test: () => {
          void server.close();
          return tested.then(() => Promise.reject(new Error('nobody hears this')));
        },
      }),
    );
    const client = await connect();
    await assert.rejects(client.call('replica-test', { id: 1 }), /controller stopped/);
    await client.over;
    await assert.rejects(client.call('sync-running'), /controller stopped/);
  });

  it('finds nobody where there is no file, and a file that a killed process left', async () => {
    assert.equal(await SocketClient.connect(path), null);
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.stdout.write('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    assert.equal(await isListening(path), true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert(existsSync(path));
    assert.equal(await SocketClient.connect(path), null);
    await serve();
    await connect();
  });

  it('leaves a living process its socket, and anything else that has the name', async () => {
    await serve();
    await assert.rejects(serveSocket(fakeController(), path), (error) => error instanceof ConfigError && error.code === 'socket-in-use');
    const other = join(folder, 'file.sock');
    writeFileSync(other, 'precious');
    await assert.rejects(serveSocket(fakeController(), other), (error) => error instanceof ConfigError && error.code === 'socket-taken');
    assert(existsSync(other));
  });

  it('removes the file when it closes', async () => {
    const server = await serveSocket(fakeController(), path);
    await server.close();
    assert(!existsSync(path));
  });

  it('stays beside the database, but for names that are too long for a socket', () => {
    assert.equal(socketPathOf(join(folder, 'db.sqlite3')), path);
    const long = socketPathOf(join(folder, 'x'.repeat(120), 'db.sqlite3'));
    assert(Buffer.byteLength(long) <= 103);
    assert.equal(long, socketPathOf(join(folder, 'x'.repeat(120), 'db.sqlite3')));
    assert.notEqual(long, socketPathOf(join(folder, 'y'.repeat(120), 'db.sqlite3')));
  });

  it('is there while anybody holds the controller', async () => {
    const controller = fakeController({ databasePath: join(folder, 'db.sqlite3') });
    let held = 0;
    const acquire = () => {
      held += 1;
      return Promise.resolve({
        controller,
        release: () => {
          held -= 1;
          return Promise.resolve();
        },
      });
    };
    const options = { databasePath: controller.databasePath, secretKey: 'k' };
    const [first, second] = await Promise.all([startControllerWithSocket(options, acquire), startControllerWithSocket(options, acquire)]);
    await first.release();
    await first.release();
    assert.equal(held, 1);
    assert.equal(await isListening(path), true);
    await second.release();
    assert.equal(held, 0);
    assert(!existsSync(path));
  });

  it('lets go of the controller when the socket cannot be made', async () => {
    const controller = fakeController({ databasePath: join(folder, 'db.sqlite3') });
    writeFileSync(path, '');
    let released = false;
    const acquire = () => Promise.resolve({ controller, release: () => Promise.resolve(void (released = true)) });
    await assert.rejects(startControllerWithSocket({ databasePath: controller.databasePath, secretKey: 'k' }, acquire), /in the way/);
    assert(released);
  });
});
