import assert from 'node:assert/strict';
import { acts, Bench, failsQuietly, leavesNothingOpen } from './bench';
import * as faults from './faults';
import type { Fault } from './proxy';

const STALE: [what: string, fault: Fault, code: string][] = [
  ['is reset', faults.resetBeforeServer, 'connection-lost'],
  ['is closed', faults.endBeforeServer, 'connection-lost'],
  ['is ended by a proxy with a 408 that nobody asked for', faults.timeoutNotice, 'server-error'],
];

describe('over sockets', () => {
  leavesNothingOpen();

  describe('a connection that was kept', () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await Bench.start({ connections: 1 });
      await acts.list(bench);
    });
    afterEach(() => bench.close());

    for (const [what, fault, code] of STALE)
      it(`and ${what} just when it is used again: a read is repeated, a write is not`, async () => {
        const reading = bench.proxy.strike(fault, { method: 'GET', turn: 2 });
        assert.equal((await acts.list(bench))?.id, 1);
        const writing = bench.proxy.strike(fault, { method: 'POST', turn: 2 });
        await failsQuietly(() => acts.note(bench), 'unknown-outcome', code);
        assert.deepEqual([reading.hits, writing.hits], [1, 1]);
        assert.equal(bench.arrived('POST notes'), 0);
        assert.equal(bench.proxy.seen.filter((line) => line.startsWith('POST')).length, 1, 'it was sent again');
      });

    it('and brings an answer twice is not kept: the copy is the answer to nothing', async () => {
      bench.proxy.strike(faults.answerTwice);
      assert.equal((await acts.list(bench))?.id, 1);
      const notes = await acts.note(bench);
      assert.deepEqual(
        notes.map(({ note }) => note),
        ['A note'],
      );
      assert.equal(bench.arrived('POST notes'), 1);
    });

    it('and whose request was given up is not kept: its late answer is the answer to nothing', async () => {
      let answered = (): void => undefined;
      const done = new Promise<void>((resolve) => (answered = resolve));
      const strike = bench.proxy.strike(
        async (wire) => {
          const { head, body } = await wire.ask();
          answered();
          await wire.gone();
          await wire.give(head.raw);
          for await (const part of body) await wire.give(part);
        },
        { method: 'PATCH' },
      );
      const run = new AbortController();
      const patch = failsQuietly(bench.client.patchDocument(1, { title: 'Given up' }, { signal: run.signal }), 'aborted', 'aborted');
      await done;
      run.abort();
      await patch;
      assert.equal(strike.hits, 1);
      assert.equal((await acts.patch(bench)).title, 'Another title');
    });

    it('serves on after a refusal', async () => {
      assert.equal(await bench.client.document(999), null);
      let turn = 0;
      bench.proxy.chance = (wire) => {
        turn = wire.turn;
        return null;
      };
      await acts.note(bench);
      assert.ok(turn > 1, 'each refusal would cost a connection');
    });
  });
});
