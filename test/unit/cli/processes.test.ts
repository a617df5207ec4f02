import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { isListening, openReading, socketPathOf } from '../../../src/api';
import { lockDatabase } from '../../../src/state';
import { ended, LiveBench, root, writes, type Server } from './live-bench';

const SECRET = 'hunter2hunter2';

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('pngx as a process', function () {
  this.timeout(60_000);

  let bench: LiveBench;
  beforeEach(() => (bench = new LiveBench()));
  afterEach(() => bench.close());

  /** What the database kept, looked at from outside. */
  function kept(): { replicas: number; master: string; token: boolean } {
    const reading = openReading({ databasePath: bench.database, secretKey: bench.env.SECRET_KEY ?? '' });
    if (reading === null) return { replicas: 0, master: '', token: false };
    try {
      const { store } = reading.controller;
      return {
        replicas: store.replicas.list().length,
        master: store.settings.text('master_url'),
        token: store.settings.secret('master_token') !== null,
      };
    } finally {
      reading.close();
    }
  }

  const NOTHING = { replicas: 0, master: '', token: false };

  const add = (url: string, token: string, name = 'cellar'): string[] => ['replica', 'add', '--name', name, '--url', url, '--token', token, '--json'];

  async function refused(args: string[], exit: number, code: string): Promise<string> {
    const ran = await bench.run(...args);
    const { error } = ran.json() as { error: { code: string; message: string; next_step: string } };
    assert.deepEqual([ran.code, error.code], [exit, code], ran.err);
    assert(error.next_step.length > 10, 'it says what to do');
    assert.equal(ran.err.trim(), `${error.message} ${error.next_step}`.trim());
    assert(!ran.err.includes('    at '), 'no stack');
    return error.message;
  }

  describe('syncs', () => {
    it('two replicas until they are verified, and exports what is whose', async () => {
      const master = await bench.server(12);
      const replicas = [await bench.server(0, '3.0.5'), await bench.server(0, '2.20.15')];
      bench.useMaster(master);
      for (const [index, replica] of replicas.entries()) assert.equal((await bench.run(...add(replica.url, replica.token, `r${index}`))).code, 0);
      const ran = await bench.run('sync', '--until-settled', '--timeout', '50', '--json');
      const summary = ran.json() as { ok: boolean; replicas: { total: number; ok: number; verified: number }[] };
      assert.deepEqual([ran.code, summary.ok], [0, true], ran.err);
      for (const r of summary.replicas) assert.deepEqual([r.total, r.ok, r.verified], [12, 12, 12]);
      assert.equal(writes(master), 0);
      const map = (await bench.run('export-map', '--replica', 'r1', '--json')).json();
      assert.equal(Object.keys(map).length, 12);
      assert.equal(new Set(Object.values(map)).size, 12);
      assert(!(ran.out + ran.err).includes('token-'));
    });
  });

  describe('refuses, before anything is kept or written', () => {
    let replica: Server;
    beforeEach(async () => (replica = await bench.server()));
    afterEach(() => assert.equal(writes(replica), 0));

    it('a missing and a malformed SECRET_KEY', async () => {
      bench.env.SECRET_KEY = SECRET;
      assert(!(await refused(add(replica.url, replica.token), 3, 'secret-key')).includes(SECRET));
      bench.env.SECRET_KEY = '';
      await refused(add(replica.url, replica.token), 3, 'secret-key');
      assert(!existsSync(bench.database));
    });

    it('a database that cannot be made, and a file that is none', async () => {
      writeFileSync(join(bench.folder, 'file'), '');
      for (const path of [join(bench.folder, 'missing', 'db.sqlite3'), join(bench.folder, 'file', 'db.sqlite3')]) {
        bench.env.DATABASE_URL = `sqlite:///${path}`;
        assert((await refused(add(replica.url, replica.token), 3, 'database-unwritable')).includes(path));
      }
      const text = join(bench.folder, 'notes.txt');
      writeFileSync(text, 'Not a database, and longer than the hundred bytes of a header. '.repeat(4));
      bench.env.DATABASE_URL = `sqlite:///${text}`;
      await refused(add(replica.url, replica.token), 3, 'database-unusable');
    });

    it('another key than the one that tokens are stored under', async () => {
      assert.equal((await bench.run(...add(replica.url, replica.token))).code, 0);
      bench.env.SECRET_KEY = (await bench.run('new-key')).out.trim();
      await refused(['status', '--json'], 3, 'secret-key');
      await refused(add(replica.url, replica.token, 'second'), 3, 'secret-key');
    });

    it('a master that nobody answers for', async () => {
      bench.useMaster({ url: `http://127.0.0.1:${await closedPort()}`, token: SECRET });
      assert(!(await refused(add(replica.url, replica.token), 4, 'master-test-failed')).includes(SECRET));
      assert.deepEqual(kept(), NOTHING);
    });

    it('a master address that is none', async () => {
      bench.env.MASTER_URL = 'paperless.example';
      await refused(add(replica.url, replica.token), 3, 'master-url');
      assert(!existsSync(bench.database));
    });

    it('a master with a wrong token', async () => {
      bench.useMaster({ url: (await bench.server(3)).url, token: SECRET });
      await refused(add(replica.url, replica.token), 4, 'master-test-failed');
      assert.deepEqual(kept(), NOTHING);
    });

    const pages: [string, (body: Buffer) => { status: number; headers: Record<string, string>; body: Buffer }][] = [
      ['a login page instead of JSON', (body) => ({ status: 200, headers: { 'content-type': 'text/html' }, body })],
      [
        'a redirect to a login page',
        (body) => ({ status: 302, headers: { location: 'https://auth.example/login', 'content-type': 'text/html' }, body }),
      ],
      [
        'something that is no paperless',
        () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"hello":"world"}') }),
      ],
    ];
    for (const [what, page] of pages) {
      it(what, async () => {
        const url = await bench.listen(() => Promise.resolve(page(Buffer.from('<html><form action="/login"><input type="password"></form></html>'))));
        await refused(add(url, SECRET), 4, 'replica-test-failed');
        bench.useMaster({ url, token: SECRET });
        await refused(add(replica.url, replica.token), 4, 'master-test-failed');
        assert.deepEqual(kept(), NOTHING);
      });
    }

    it('a token that is not a superuser’s, here and on the master', async () => {
      const other = await bench.server(2);
      const [user] = other.instance.store.users.all();
      assert(user !== undefined);
      user.isSuperuser = false;
      user.permissions = ['view_uisettings', 'view_document'];
      assert.match(await refused(add(other.url, other.token), 4, 'replica-test-failed'), /not a superuser/);
      bench.useMaster(other);
      assert.match(await refused(add(replica.url, replica.token), 4, 'master-test-failed'), /not a superuser/);
      assert.deepEqual(kept(), NOTHING);
    });

    it('a version that is not supported', async () => {
      const old = await bench.server(2);
      old.instance.hooks.onResponse = (_request, response) => {
        assert(response.body instanceof Uint8Array);
        const body = Buffer.from(Buffer.from(response.body).toString().replaceAll('3.0.5', '2.14.7'));
        return { ...response, headers: { ...response.headers, 'x-version': '2.14.7', 'content-length': String(body.length) }, body };
      };
      assert.match(await refused(add(old.url, old.token), 4, 'replica-test-failed'), /2\.14\.7/);
      assert.deepEqual(kept(), NOTHING);
    });

    it('the master as its own replica, also under another name', async () => {
      const master = await bench.server(3);
      bench.useMaster(master);
      await refused(add(master.url, master.token), 3, 'same-instance');
      const mirror = await bench.listen((request) => master.instance.handle(request));
      await refused(add(mirror, master.token), 3, 'same-instance');
      assert.equal(kept().replicas, 0);
      assert.equal(writes(master), 0);
    });

    it('two replicas with one URL or name', async () => {
      assert.equal((await bench.run(...add(replica.url, replica.token))).code, 0);
      await refused(add(`${replica.url}/`, replica.token, 'again'), 3, 'replica-exists');
      await refused(add((await bench.server(1)).url, 'token-3.0.5-1'), 3, 'replica-exists');
      assert.equal(kept().replicas, 1);
    });

    it('a sync without a master, or without replicas', async () => {
      await refused(['sync', '--once', '--json'], 3, 'master-missing');
      bench.useMaster(await bench.server(1));
      await refused(['sync', '--once', '--json'], 3, 'no-replica');
    });

    it('a database that another process has', async () => {
      const lock = lockDatabase(bench.database);
      try {
        await refused(add(replica.url, replica.token), 5, 'database-in-use');
      } finally {
        lock.release();
      }
      assert.equal((await bench.run(...add(replica.url, replica.token))).code, 0);
    });
  });

  describe('at work', () => {
    let child: ReturnType<LiveBench['start']>;
    let release: () => void;

    /** A sync that hangs at the master's list of documents until it is released. */
    beforeEach(async () => {
      const [master, replica] = [await bench.server(5), await bench.server()];
      bench.useMaster(master);
      assert.equal((await bench.run(...add(replica.url, replica.token))).code, 0);
      const open = new Promise<void>((resolve) => (release = resolve));
      const stuck = new Promise<void>((resolve) => {
        master.instance.hooks.onRequest = async ({ path }) => {
          if (!path.startsWith('/api/documents/?')) return undefined;
          resolve();
          await open;
          return undefined;
        };
      });
      child = bench.start('sync', '--until-settled', '--json');
      await stuck;
    });

    afterEach(() => release());

    it('answers other commands over its socket, and keeps a second sync away', async () => {
      const status = (await bench.run('status', '--json')).json() as { state: string; replicas: { status: string }[] };
      assert.deepEqual([status.state, status.replicas[0]?.status], ['running', 'syncing']);
      await refused(['sync', '--once', '--json'], 5, 'database-in-use');
      await refused(['replica', 'remove', 'cellar', '--json'], 1, 'replica-busy');
      release();
      const { code } = await ended(child);
      assert.equal(code, 0);
      assert(!existsSync(socketPathOf(bench.database)));
    });

    it('ends on SIGINT with a summary and 130, and leaves the database free', async () => {
      const end = ended(child);
      child.kill('SIGINT');
      const ran = await end;
      assert.deepEqual([ran.code, ran.json().settled], [130, false]);
      release();
      assert.equal((await bench.run('sync', '--until-settled', '--json')).code, 0);
    });

    it('killed, leaves a socket that the next process clears away', async () => {
      const socket = socketPathOf(bench.database);
      assert.equal(await isListening(socket), true);
      const end = ended(child);
      child.kill('SIGKILL');
      assert.equal((await end).signal, 'SIGKILL');
      assert(existsSync(socket));
      const status = (await bench.run('status', '--json')).json() as { state: string };
      assert.equal(status.state, 'stopped');
      const next = await bench.run('replica', 'unsuspend', 'cellar', '--json');
      assert.equal(next.code, 0, next.err);
      assert(!existsSync(socket));
    });
  });

  it('starts the controller, which commands then talk to, and ends with it', async () => {
    const replica = await bench.server();
    const port = await closedPort();
    Object.assign(bench.env, { DATA_DIR: bench.folder, PORT: String(port) });
    const child = bench.start('start');
    const end = ended(child);
    const healthy = async (): Promise<boolean> => {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
      return answer?.status === 200;
    };
    while (child.exitCode === null && !(await healthy())) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await bench.run(...add(replica.url, replica.token))).code, 0);
    const status = (await bench.run('status', '--json')).json() as { state: string; flow: boolean; replicas: unknown[] };
    assert.deepEqual([status.state, status.flow, status.replicas.length], ['running', true, 1]);
    const viaHttp = (await (await fetch(`http://127.0.0.1:${port}/api/replicas`)).json()) as { replicas?: { name: string }[] };
    assert.equal(viaHttp.replicas?.[0]?.name, 'cellar');
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/replicas?colour=red`)).status, 400);
    child.kill('SIGTERM');
    assert.equal((await end).code, 0);
    assert(!existsSync(socketPathOf(bench.database)));
  });

  describe('bin/pngx.js', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'pngx-bin-'));
      mkdirSync(join(folder, 'bin'));
      copyFileSync(join(root, 'bin', 'pngx.js'), join(folder, 'bin', 'pngx.js'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** Tells this process that it is another Node than it is. */
    function older(): string {
      const path = join(folder, 'older.js');
      writeFileSync(path, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.1' } });");
      return path;
    }

    /** The `node` package beside the command, with this script in its binary's place. */
    function ownNode(script: string): void {
      mkdirSync(join(folder, 'node_modules', 'node', 'bin'), { recursive: true });
      writeFileSync(join(folder, 'node_modules', 'node', 'package.json'), '{"name":"node"}');
      writeFileSync(join(folder, 'node_modules', 'node', 'bin', 'node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }

    const startBin = (...before: string[]) =>
      spawn(process.execPath, [...before, join(folder, 'bin', 'pngx.js'), 'status', '--json'], { stdio: 'pipe' });

    it('says what to run where nothing is built', async () => {
      const { code, err } = await ended(startBin());
      assert.deepEqual([code, /npm run build/.test(err)], [3, true]);
    });

    it('says which Node it needs where there is only an older one', async () => {
      const { code, err } = await ended(startBin('-r', older()));
      assert.equal(code, 3);
      assert.match(err, /needs Node\.js 22\.19 or newer; this is 20\.11\.1/);
    });

    it('goes on with the Node that the package brings, and ends as that does', async () => {
      ownNode('shift; echo "$@"; exit 6');
      const { code, out } = await ended(startBin('-r', older()));
      assert.deepEqual([code, out], [6, 'status --json\n']);
    });

    /** Exits 9 when told to; by itself after a while, so that one that nobody tells isn't left for ever. */
    const patient = "trap 'exit 9' TERM; echo up; n=0; while [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done";

    it('hands signals on to it, also one that comes at the moment of its start', async () => {
      ownNode(patient);
      const early = join(folder, 'early.js');
      writeFileSync(
        early,
        `const processes = require('node:child_process');
         const { spawn } = processes;
         processes.spawn = (...given) => {
           const child = spawn(...given);
           process.kill(process.pid, 'SIGTERM');
           return child;
         };`,
      );
      const { code, signal } = await ended(startBin('-r', older(), '-r', early));
      // The shell's own answer to the signal, before it has set its trap, is as good.
      assert.ok(signal === null && (code === 9 || code === 143), `${code} ${signal}`);
    });

    it('hands signals on to it', async () => {
      ownNode(patient);
      const child = startBin('-r', older());
      const end = ended(child);
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      assert.equal((await end).code, 9);
    });
  });
});
