import assert from 'node:assert/strict';
import { FakeController, item, ticket } from './fake-controller';
import { complete, flow, inbox, load, next, paperless, send, sink, unload } from './runtime';

describe('the fetch-changed node', () => {
  afterEach(unload);

  it('sends a batch out of the first output with the ticket of the batch', async () => {
    const batch = { ticket: ticket({ batchId: 'b1' }), items: [item(1), item(2)] };
    const fake = new FakeController({ fetchChanged: () => Promise.resolve({ batch, drained: false }) });
    await load(
      fake,
      flow(paperless('fetch-changed', [['batch'], ['drained']]), sink('batch'), sink('drained'), complete('fetch-changed'), sink('completed')),
    );
    const out = next('batch');
    const drained = inbox('drained');
    const done = next('completed');
    send('fetch-changed', { sync: ticket() });
    const msg = await out;
    assert.deepEqual(msg['payload'], batch.items);
    assert.deepEqual(msg['sync'], batch.ticket);
    await done;
    assert.deepEqual(drained, []);
  });

  it('tells on the second output that the lane is drained, and nothing when another call has the batch', async () => {
    const answers = [
      { batch: null, drained: false },
      { batch: null, drained: true },
    ];
    const fake = new FakeController({ fetchChanged: () => Promise.resolve(answers.shift() ?? assert.fail('one call too many')) });
    await load(
      fake,
      flow(paperless('fetch-changed', [['batch'], ['drained']]), sink('batch'), sink('drained'), complete('fetch-changed'), sink('completed')),
    );
    const batches = inbox('batch');
    const drained = next('drained');
    const first = next('completed');
    send('fetch-changed', { sync: ticket({ batchId: 'old' }) });
    await first;
    send('fetch-changed', { sync: ticket({ batchId: 'old' }) });
    assert.deepEqual((await drained)['sync'], ticket());
    assert.deepEqual(batches, []);
  });
});
