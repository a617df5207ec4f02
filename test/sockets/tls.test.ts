import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createWriter } from '../../src/paperless/http-client';
import { stack } from '../../src/paperless/stack';
import { createUndiciTransport } from '../../src/paperless/undici-transport';
import { file, token } from '../unit/paperless/support';
import { failsQuietly, leavesNothingOpen } from './bench';

/** Key and certificate of one server; `expired` ended in 2021, `other-name` is of other.example.org. The sources' folder: fixtures aren't compiled. */
function pem(name: 'localhost' | 'expired' | 'other-name'): string {
  return readFileSync(join(__dirname, '../../../test/sockets/fixtures', `${name}.pem`), 'utf8');
}

function secure(name: Parameters<typeof pem>[0], reached: () => void): Server {
  return createTlsServer({ key: pem(name), cert: pem(name) }, (_request, response) => {
    reached();
    response.end();
  });
}

interface Case {
  what: string;
  server: (reached: () => void) => Server | ReturnType<typeof createTcpServer>;
  ca?: string;
  scheme?: 'http';
  ends: readonly ['instance' | 'retry', string];
  /** Of a write, where it isn't the same: as long as no TLS comes about, nothing was sent. */
  write?: readonly ['unknown-outcome', string];
  says: RegExp;
}

const CASES: Case[] = [
  {
    what: 'a certificate that nobody vouches for',
    server: (reached) => secure('localhost', reached),
    ends: ['instance', 'tls-certificate'],
    says: /NODE_EXTRA_CA_CERTS/,
  },
  {
    what: 'a certificate that has expired',
    server: (reached) => secure('expired', reached),
    ca: pem('expired'),
    ends: ['instance', 'tls-certificate'],
    says: /CERT_HAS_EXPIRED.*valid certificate/,
  },
  {
    what: "another server's certificate",
    server: (reached) => secure('other-name', reached),
    ca: pem('other-name'),
    ends: ['instance', 'tls-certificate'],
    says: /ALTNAME.*for this name/,
  },
  {
    what: 'a handshake that is broken off',
    server: () => createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    ends: ['retry', 'connection-lost'],
    says: /tried again by itself/,
  },
  {
    what: 'a handshake that is ended in good order',
    server: () => createTcpServer((socket) => socket.once('data', () => socket.end())),
    ends: ['retry', 'connection-lost'],
    says: /tried again by itself/,
  },
  {
    what: 'plain HTTP where TLS was asked for',
    server: (reached) => createHttpServer(reached),
    ends: ['instance', 'tls-failed'],
    says: /http:\/\//,
  },
  {
    what: 'TLS where plain HTTP was asked for',
    server: (reached) => secure('localhost', reached),
    scheme: 'http',
    ends: ['retry', 'connection-lost'],
    write: ['unknown-outcome', 'connection-lost'],
    says: /should begin with https:/,
  },
];

describe('over sockets', () => {
  leavesNothingOpen();

  describe('TLS', () => {
    for (const { what, server: make, ca, scheme = 'https', ends, write, says } of CASES)
      it(`${what}: ${ends.join(', ')}`, async () => {
        let reached = 0;
        let connections = 0;
        const server = make(() => (reached += 1));
        const sockets: Socket[] = [];
        server.on('connection', (socket: Socket) => {
          connections += 1;
          sockets.push(socket.on('error', () => undefined));
        });
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = { name: 'replica-a', url: `${scheme}://localhost:${(server.address() as AddressInfo).port}`, token };
        const transport = createUndiciTransport(address, ca === undefined ? {} : { ca });
        const waits = { now: () => 0, random: () => 0, sleep: () => Promise.resolve() };
        const client = createWriter(address, stack(transport, waits), { version: '3.0.5', idleTimeoutMs: 5000 });
        const error = await failsQuietly(() => client.document(1), ...ends);
        assert.match(`${error.message} ${error.nextStep}`, says);
        // A certificate doesn't mend itself in eight seconds.
        assert.equal(connections, ends[0] === 'instance' ? 1 : 4);
        const [errorClass, code] = write ?? ends;
        await failsQuietly(() => client.upload(file('text'), { title: 'New' }), errorClass, code);
        assert.equal(reached, 0, 'a request got through');
        await client.close();
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, 'close');
      });
  });
});
