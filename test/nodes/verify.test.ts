import assert from 'node:assert/strict';
import { FakeController, ticket, untilAborted } from './fake-controller';
import { catcher, flow, inbox, load, paperless, send, sink, unload } from './runtime';
import { describeStageNode } from './stage-node';

describeStageNode('verify', 'verify');

describe('the verify node, closed in the middle of its stage', () => {
  afterEach(unload);

  it('tells it to end, and waits for it before it lets the controller go', async () => {
    const order: string[] = [];
    const fake = new FakeController({
      verify: (_ticket, options) =>
        untilAborted(options).catch((error: unknown) => {
          order.push(`ended with ${fake.handles} handles held`);
          throw error;
        }),
    });
    await load(fake, flow(paperless('verify', [['out']]), sink('out'), catcher, sink('caught')));
    const caught = inbox('caught');
    send('verify', { sync: ticket() });
    while (fake.called('verify').length === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = fake.handles;
    await unload();
    assert.ok(before > 0);
    assert.equal(order.length, 1);
    assert.notEqual(order[0], 'ended with 0 handles held');
    assert.equal(fake.handles, 0);
    assert.deepEqual(caught, []);
  });
});
