import assert from 'node:assert/strict';
import { FakeController, ticket } from './fake-controller';
import { complete, flow, load, next, paperless, send, sink, unload } from './runtime';

/** What holds for every node that does one stage for its lane and hands the message on. */
export function describeStageNode(kind: string, method: 'pollTasks' | 'schemaParity' | 'verify'): void {
  describe(`the ${kind} node`, () => {
    afterEach(unload);

    it('does its stage for the ticket and hands the message on with the report', async () => {
      const report = { stage: kind, counts: { done: 3 } };
      const fake = new FakeController({ [method]: () => Promise.resolve(report) });
      await load(fake, flow(paperless(kind, [['out']]), sink('out'), complete(kind), sink('completed')));
      const out = next('out');
      const done = next('completed');
      send(kind, { sync: ticket(), mine: 'kept' });
      const msg = await out;
      assert.deepEqual(msg['payload'], report);
      assert.deepEqual(msg['sync'], ticket());
      assert.equal(msg['mine'], 'kept');
      await done;
      const [given, options] = fake.called(method)[0] ?? [];
      assert.deepEqual(given, ticket());
      assert.equal((options as { signal: unknown }).signal instanceof AbortSignal, true);
    });
  });
}
