import assert from 'node:assert/strict';
import type { ErrorClass } from '../../src/paperless/errors';
import { type Act, acts, Bench, counted, failsQuietly, leavesNothingOpen } from './bench';
import * as faults from './faults';
import type { Fault } from './proxy';

/** Class and code of the error. */
type Ends = readonly [errorClass: ErrorClass, code: string];

interface Break {
  what: string;
  fault: Fault;
  /** By act: how it ends when the fault strikes every try. */
  ends: Partial<Record<Act, Ends>>;
  /** How often the request of a write gets to the server: once, where it gets there at all. */
  reaches: 0 | 1;
  /** It strikes when the answer's head has come: a download is with its reader by then. */
  inBody?: true;
}

const lost = ['retry', 'connection-lost'] as const;
const unknown = ['unknown-outcome', 'connection-lost'] as const;

const BREAKS: Break[] = [
  {
    what: 'reset before the server heard of it',
    fault: faults.resetBeforeServer,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, trash: unknown, upload: unknown, uploadLarge: lost },
    reaches: 0,
  },
  {
    what: 'reset when the server had answered',
    fault: faults.resetAfterServer,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, trash: unknown, upload: unknown },
    reaches: 1,
  },
  {
    what: 'closed in good order when the server had answered',
    fault: faults.endAfterServer,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, trash: unknown, upload: unknown },
    reaches: 1,
  },
  {
    what: "reset within the answer's headers",
    fault: faults.resetInHead,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, trash: unknown, upload: unknown },
    reaches: 1,
  },
  {
    what: "reset within the answer's body",
    fault: faults.resetInBody,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, upload: unknown },
    reaches: 1,
    inBody: true,
  },
  {
    what: "closed within the answer's body, whose length was told",
    fault: faults.endInBody,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, upload: unknown },
    reaches: 1,
    inBody: true,
  },
  {
    what: 'closed within a chunked answer',
    fault: faults.endInChunks,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, upload: unknown },
    reaches: 1,
    inBody: true,
  },
  {
    what: "closed within the answer's body, whose length was not told",
    fault: faults.endWithoutLength,
    ends: {
      list: ['instance', 'unexpected-answer'],
      patch: ['unknown-outcome', 'unexpected-answer'],
      note: ['unknown-outcome', 'unexpected-answer'],
      upload: ['unknown-outcome', 'unexpected-answer'],
    },
    reaches: 1,
  },
  {
    what: 'with a length that is too short',
    fault: faults.lengthTooShort,
    ends: {
      list: ['instance', 'unexpected-answer'],
      patch: ['unknown-outcome', 'unexpected-answer'],
      note: ['unknown-outcome', 'unexpected-answer'],
      upload: ['unknown-outcome', 'unexpected-answer'],
    },
    reaches: 1,
  },
  {
    what: 'with a length that is too long',
    fault: faults.lengthTooLong,
    ends: { list: lost, download: lost, patch: unknown, note: unknown, upload: unknown },
    reaches: 1,
    inBody: true,
  },
  {
    what: "reset in the middle of the request's body",
    fault: faults.resetInUpload,
    ends: { uploadLarge: lost },
    reaches: 1,
  },
  {
    what: 'answered with a page by a proxy',
    fault: faults.page(200),
    ends: {
      list: ['instance', 'login-page'],
      download: ['instance', 'login-page'],
      patch: ['unknown-outcome', 'login-page'],
      note: ['unknown-outcome', 'login-page'],
      trash: ['unknown-outcome', 'login-page'],
      upload: ['unknown-outcome', 'login-page'],
    },
    reaches: 0,
  },
  {
    what: 'answered 502 with a page by a proxy',
    fault: faults.page(502),
    ends: {
      list: ['retry', 'server-error'],
      download: ['retry', 'server-error'],
      patch: ['unknown-outcome', 'server-error'],
      upload: ['unknown-outcome', 'server-error'],
    },
    reaches: 0,
  },
  {
    what: 'answered with a redirect to a login elsewhere',
    fault: faults.page(302, '', 'location: https://auth.example.org/\r\n'),
    ends: {
      list: ['instance', 'login-page'],
      download: ['instance', 'login-page'],
      patch: ['instance', 'login-page'],
      upload: ['instance', 'login-page'],
    },
    reaches: 0,
  },
  {
    what: 'refused as too large before its body has come',
    fault: faults.refuseEarly,
    ends: { upload: ['document', 'body-limit'], uploadLarge: ['document', 'body-limit'] },
    reaches: 0,
  },
];

const ACTS = Object.keys(acts) as Act[];
const READS: readonly Act[] = ['list', 'download'];

describe('over sockets', () => {
  leavesNothingOpen();

  describe('an exchange', () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await Bench.start();
    });
    afterEach(() => bench.close());

    for (const { what, fault, ends, reaches, inBody = false } of BREAKS)
      for (const act of Object.keys(ends) as Act[]) {
        const [errorClass, code] = ends[act] ?? assert.fail();
        it(`${what}: ${act} is ${errorClass}, ${code}`, async () => {
          const strike = bench.proxy.strike(fault, { path: /^\/api\/documents\//, times: Infinity });
          await failsQuietly(() => acts[act](bench), errorClass, code);
          if (READS.includes(act)) return;
          assert.equal(strike.hits, 1, 'a write was repeated');
          assert.equal(bench.arrived(counted[act]), reaches);
        });

        if (!READS.includes(act) || errorClass !== 'retry' || (inBody && act === 'download')) continue;
        it(`${what}, once: ${act} is tried again and ends well`, async () => {
          const strike = bench.proxy.strike(fault);
          await acts[act](bench);
          assert.equal(strike.hits, 1);
        });
      }
  });

  describe('a server that is not there', () => {
    /** For every act, since nothing was sent: it may be tried again, by whoever wants it. */
    async function absent(bench: Bench, code: string, says: RegExp): Promise<void> {
      for (const act of ACTS) {
        const error = await failsQuietly(() => acts[act](bench), 'retry', code);
        assert.match(error.nextStep, says);
      }
    }

    it('because nothing listens', async () => {
      const bench = await Bench.start();
      await bench.proxy.close();
      await absent(bench, 'connection-refused', /paperless is running/);
      await bench.close();
    });

    it("because its name is nobody's", async () => {
      const bench = await Bench.start({ url: 'http://paperless.invalid:8000' });
      await absent(bench, 'host-unknown', /spelling/);
      await bench.close();
    });
  });
});
