import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { bytesBody } from '../../../src/paperless/body';
import type { Transport, TransportRequest } from '../../../src/paperless/transport';
import { createUndiciTransport } from '../../../src/paperless/undici-transport';
import { fails, fixtureFolder } from './support';

const open: (() => Promise<unknown>)[] = [];

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function transportTo(url: string, options: Parameters<typeof createUndiciTransport>[1] = {}): Transport {
  const transport = createUndiciTransport({ name: 'replica-a', url }, options);
  open.push(() => transport.close());
  return transport;
}

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => unknown, path = ''): Promise<Transport> {
  return transportTo(`http://127.0.0.1:${await listen(createServer((q, r) => void handler(q, r)))}${path}`);
}

const get = (more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'GET',
  path: '/api/x/',
  headers: { accept: 'application/json' },
  idleTimeoutMs: 5000,
  operation: 'test',
  repeatable: true,
  ...more,
});
const post = (more: Partial<TransportRequest> = {}): TransportRequest =>
  get({ method: 'POST', repeatable: false, body: bytesBody(Buffer.from('{"a":1}')), ...more });

async function read(transport: Transport, request = get()): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await transport.send(request)).body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Reads a request to its end. */
async function drain(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A raw server that lets the client send everything and then does something rude. */
async function rude(then: (socket: Socket, head: string) => void, until: RegExp = /\r\n\r\n/): Promise<Transport> {
  const server = createTcpServer((socket) => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (until.test(seen)) then(socket, seen);
    });
  });
  return transportTo(`http://127.0.0.1:${await listen(server)}`);
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

describe('an exchange over undici', () => {
  it("keeps the URL's base path, lower-cases headers and streams the body", async () => {
    const seen: (string | undefined)[] = [];
    const transport = await serve((request, response) => {
      seen.push(request.url, request.headers.accept);
      response.writeHead(200, { 'Content-Type': 'text/plain', 'X-Twice': ['a', 'b'] }).end('hello');
    }, '/sub/path/');
    const response = await transport.send(get({ path: '/api/x/?a=1' }));
    assert.deepEqual(seen, ['/sub/path/api/x/?a=1', 'application/json']);
    assert.equal(response.headers['content-type'], 'text/plain');
    await response.discard();
  });

  it('sends a body with its Content-Length, never chunked: paperless would see no file (§5)', async () => {
    const transport = await serve(async (request, response) => {
      const body = await drain(request);
      response.end(`${request.headers['content-length']} ${request.headers['transfer-encoding']} ${body.length}`);
    });
    const chunk = Buffer.alloc(70_000, 1);
    const body = {
      length: 210_000,
      open: async function* () {
        for (let i = 0; i < 3; i += 1) {
          await Promise.resolve();
          yield chunk as Uint8Array;
        }
      },
    };
    assert.equal(await read(transport, post({ body })), '210000 undefined 210000');
  });

  it('keeps a connection for the next request, also after a body was discarded', async () => {
    const ports = new Set<number | undefined>();
    const transport = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('x'.repeat(1000));
    });
    for (let i = 0; i < 4; i += 1) {
      await read(transport);
      await (await transport.send(get())).discard();
    }
    // Two, since undici frees a connection a moment after the body's end.
    assert.ok(ports.size <= 2, `${ports.size} connections for 8 requests in a row`);
  });

  it('never follows a redirect: the token would go along', async () => {
    let requests = 0;
    const transport = await serve((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: '/accounts/login/?next=/api/x/' }).end();
    });
    const response = await transport.send(get());
    await response.discard();
    assert.deepEqual([response.status, response.headers['location'], requests], [302, '/accounts/login/?next=/api/x/', 1]);
  });

  it('gives errors of the server as they are: to judge them is done above', async () => {
    const transport = await serve((_request, response) => response.writeHead(500).end('no'));
    const response = await transport.send(post());
    assert.equal(response.status, 500);
    await response.discard();
    await response.discard();
  });

  it('lets a reader stop in the middle', async () => {
    const transport = await serve((_request, response) => response.end(Buffer.alloc(500_000)));
    for await (const chunk of (await transport.send(get())).body) {
      assert.ok(chunk.byteLength > 0);
      break;
    }
    assert.equal((await read(transport)).length, 500_000);
  });
});

describe('a connection that fails', () => {
  it('refused: surely nothing was sent, so even a POST may be tried again', async () => {
    const server = createServer();
    const port = await listen(server);
    await open.pop()!();
    const error = await fails(transportTo(`http://127.0.0.1:${port}`).send(post()), 'retry', 'connection-refused');
    assert.match(error.nextStep, /running/);
    assert.match(error.message, /replica-a/);
  });

  it('to a name that is none says so', async () => {
    const error = await fails(transportTo('http://paperless.invalid').send(post()), 'retry', 'host-unknown');
    assert.match(error.nextStep, /spelling/);
  });

  it('closed after the request was sent: a read may be repeated, a write is an unknown outcome', async () => {
    const reset = () => rude((socket) => socket.resetAndDestroy());
    await fails((await reset()).send(get()), 'retry', 'connection-lost');
    await fails((await reset()).send(get({ method: 'DELETE', repeatable: false })), 'unknown-outcome', 'connection-lost');
    const error = await fails((await rude((socket) => socket.end(), /"a":1/)).send(post()), 'unknown-outcome', 'connection-lost');
    assert.match(error.message, /POST \/api\/x\//);
  });

  it('closed in the middle of an upload: paperless reads a body whole before it acts, so it was surely not done', async () => {
    const transport = await rude((socket) => socket.resetAndDestroy());
    const body = {
      length: 50_000_000,
      open: async function* () {
        for (let i = 0; i < 50; i += 1) {
          await Promise.resolve();
          yield Buffer.alloc(1_000_000) as Uint8Array;
        }
      },
    };
    await fails(transport.send(post({ body })), 'retry', 'connection-lost');
  });

  it('whose answer breaks off before Content-Length is no answer (§18.16: half a PDF is consumed without a word)', async () => {
    const half = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this';
    await fails(read(await rude((socket) => socket.end(half))), 'retry', 'connection-lost');
    await fails(read(await rude((socket) => socket.end(half)), get({ repeatable: false })), 'unknown-outcome', 'connection-lost');
    await fails(
      read(await rude((socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel'))),
      'retry',
      'connection-lost',
    );
  });

  it('that breaks while nobody reads ends no process', async () => {
    const transport = await rude((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setImmediate(() => socket.resetAndDestroy());
    });
    const response = await transport.send(get());
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await fails(async () => {
      for await (const _ of response.body);
    }, 'retry');
  });

  it('that goes silent before or within the answer is given up after the idle time', async () => {
    const silent = await rude(() => undefined);
    const half = await rude((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    // undici counts in steps of about half a second, so they wait together.
    await Promise.all([
      fails(silent.send(get({ idleTimeoutMs: 30 })), 'retry', 'idle-timeout'),
      fails(silent.send(post({ idleTimeoutMs: 30 })), 'unknown-outcome', 'idle-timeout'),
      fails(read(half, get({ idleTimeoutMs: 30 })), 'retry', 'idle-timeout'),
    ]);
  });

  it('that speaks something else than HTTP is a wrong port', async () => {
    const error = await fails((await rude((socket) => socket.end('220 mail.example.org ESMTP\r\n'))).send(get()), 'instance', 'not-http');
    assert.match(error.nextStep, /port/);
  });
});

describe('giving up', () => {
  it('ends an exchange wherever it is, as `aborted`', async () => {
    const transport = await serve((request, response) => {
      if (request.url === '/slow/') return;
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
    });
    await fails(transport.send(get({ signal: AbortSignal.abort() })), 'aborted');
    const waiting = new AbortController();
    const sent = transport.send(post({ path: '/slow/', signal: waiting.signal }));
    setImmediate(() => waiting.abort());
    await fails(sent, 'aborted');
    const reading = new AbortController();
    const response = await transport.send(get({ signal: reading.signal }));
    await fails(async () => {
      for await (const _ of response.body) reading.abort();
    }, 'aborted');
  });

  it('by closing ends what is in flight, and nothing is sent afterwards', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const transport = await serve(() => arrived());
    const sent = fails(transport.send(post()), 'aborted');
    await arrival;
    await transport.close();
    await sent;
    await fails(transport.send(get()), 'aborted');
  });
});

describe('a local file that is sent', () => {
  const ofLength = (length: number, ...chunks: (Buffer | Error)[]) => ({
    length,
    open: async function* () {
      for (const chunk of chunks) {
        await Promise.resolve();
        if (chunk instanceof Error) throw chunk;
        yield chunk as Uint8Array;
      }
    },
  });
  for (const [what, body] of [
    ['shorter', ofLength(10, Buffer.from('short'))],
    ['longer', ofLength(3, Buffer.from('longer'))],
    ['unreadable', ofLength(10, Buffer.from('five.'), new Error('EIO'))],
  ] as const)
    it(`and is ${what} than announced fails for that document; the server never has a whole request`, async () => {
      let whole = 0;
      const transport = await serve(async (request) => {
        await drain(request).then(
          () => (whole += 1),
          () => undefined,
        );
      });
      await fails(transport.send(post({ body })), 'document', 'local-file');
      assert.equal(whole, 0);
    });
});

describe('TLS', () => {
  const pem = (name: string) => readFileSync(join(fixtureFolder, `localhost.${name}.pem`), 'utf8');
  const secure = async () => listen(createTlsServer({ key: pem('key'), cert: pem('cert') }, (_request, response) => response.end('secret')));

  it('with a certificate nobody trusts names the way out, and is not tried again', async () => {
    const error = await fails(transportTo(`https://localhost:${await secure()}`).send(post()), 'instance', 'tls-certificate');
    assert.match(error.nextStep, /NODE_EXTRA_CA_CERTS/);
  });

  it('with a known CA works', async () => {
    assert.equal(await read(transportTo(`https://localhost:${await secure()}`, { ca: pem('cert') })), 'secret');
  });

  it('to a server that speaks plain HTTP says to try http', async () => {
    const port = await listen(createServer((_request, response) => response.end('plain')));
    const error = await fails(transportTo(`https://127.0.0.1:${port}`).send(post()), 'instance', 'tls-failed');
    assert.match(error.nextStep, /http:\/\//);
  });
});
