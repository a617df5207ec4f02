import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createWriter } from '../../src/paperless/http-client';
import { createUndiciTransport } from '../../src/paperless/undici-transport';
import { token } from '../unit/paperless/support';
import { type Act, acts, Bench, counted, failsQuietly, leavesNothingOpen } from './bench';
import * as faults from './faults';
import type { Fault } from './proxy';

/** undici looks at its limits about twice a second, so what goes on side by side does so here. */
const IDLE_MS = 200;
/** Far within the idle limit: nothing that drips is ever idle. */
const DRIP_MS = 20;

interface Slowness {
  what: string;
  fault: Fault;
  read: string;
  write: Act;
  ends: readonly ['retry' | 'unknown-outcome', string];
  reaches: 0 | 1;
}

const SLOW: Slowness[] = [
  {
    what: 'a server that vanished before it heard of the request',
    fault: faults.vanishBefore,
    read: 'idle-timeout',
    write: 'note',
    ends: ['unknown-outcome', 'idle-timeout'],
    reaches: 0,
  },
  {
    what: 'a server that vanished before it answered',
    fault: faults.vanishAfter,
    read: 'idle-timeout',
    write: 'upload',
    ends: ['unknown-outcome', 'idle-timeout'],
    reaches: 1,
  },
  {
    what: 'a server that vanished in the middle of its answer',
    fault: faults.vanishInBody,
    read: 'idle-timeout',
    write: 'patch',
    ends: ['unknown-outcome', 'idle-timeout'],
    reaches: 1,
  },
  {
    what: 'headers that drip for ever',
    fault: faults.dripHead(DRIP_MS),
    read: 'idle-timeout',
    write: 'note',
    ends: ['unknown-outcome', 'idle-timeout'],
    reaches: 1,
  },
  {
    what: 'a server that takes no byte of an upload',
    fault: faults.neverRead,
    read: 'idle-timeout',
    write: 'uploadLarge',
    ends: ['retry', 'idle-timeout'],
    reaches: 0,
  },
];

/** Takes connections and says nothing: no handshake comes about. */
async function silence(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): Promise<unknown> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    return once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, close };
}

describe('over sockets', () => {
  leavesNothingOpen();

  describe('the limits end', () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await Bench.start({ idleTimeoutMs: IDLE_MS, answerTimeoutMs: 5000, tries: 0 });
    });
    afterEach(() => bench.close());

    for (const { what, fault, read, write, ends, reaches } of SLOW)
      it(what, async () => {
        const reading = bench.proxy.strike(fault, { method: 'GET' });
        const writing = bench.proxy.strike(fault, { method: counted[write].split(' ')[0] ?? '', times: Infinity });
        await Promise.all([failsQuietly(() => acts.list(bench), 'retry', read), failsQuietly(() => acts[write](bench), ...ends)]);
        assert.deepEqual([reading.hits, writing.hits], [1, 1], 'a write is never repeated');
        assert.equal(bench.arrived(counted[write]), reaches);
        await acts.list(bench);
      });

    it('an answer that drips for ever', async () => {
      await bench.close();
      bench = await Bench.start({ answerTimeoutMs: 300 });
      const strike = bench.proxy.strike(faults.dripBody(DRIP_MS), { times: 5 });
      await failsQuietly(() => acts.patch(bench), 'unknown-outcome', 'answer-too-slow');
      assert.equal(bench.arrived(counted.patch), 1);
      await failsQuietly(() => acts.list(bench), 'retry', 'answer-too-slow');
      assert.equal(strike.hits, 5, 'the write once, the read four times');
      await acts.list(bench);
    });

    it('a download that drips, by the signal of the run that wants it', async () => {
      bench.proxy.strike(faults.dripBody(DRIP_MS));
      const run = new AbortController();
      const download = await bench.client.download(1, null, { signal: run.signal });
      await failsQuietly(
        async () => {
          for await (const chunk of download.chunks) if (chunk.length > 0) run.abort();
        },
        'aborted',
        'aborted',
      );
    });

    it('the reading of an answer that nobody wants any more', async () => {
      // Short enough to be read to its end for the connection's sake, were it not for the time.
      bench.proxy.strike(faults.dripBody(DRIP_MS, 10_000));
      const download = await bench.client.download(1, null);
      await download.discard();
      // Its connection was not kept: what still drips there would be taken for the next answer.
      assert.equal((await acts.list(bench))?.id, 1);
    });

    it('a connection that is never taken', async () => {
      const { port, close } = await silence();
      const transport = createUndiciTransport({ name: 'replica-a', url: `https://127.0.0.1:${port}` }, { connectTimeoutMs: 100 });
      const client = createWriter({ name: 'replica-a', url: `https://127.0.0.1:${port}`, token }, transport, { version: '3.0.5' });
      // Nothing was sent, so that even a note may be tried again.
      await failsQuietly(() => client.addNote(1, 'A note'), 'retry', 'connect-timeout');
      await client.close();
      await close();
    });
  });
});
