import assert from 'node:assert/strict';
import { FakeController, item, settled, ticket } from './fake-controller';
import { catcher, caughtSchema, complete, flow, inbox, load, next, paperless, send, sink, unload } from './runtime';

describe('the push-doc node', () => {
  afterEach(unload);

  it('gives the batch as it came, asks for more by output 1, and sends each result by output 2 before it is done', async () => {
    const order: string[] = [];
    const fake = new FakeController({
      pushDoc: (_ticket, _items, hooks) => {
        hooks.room();
        hooks.settled(settled(1));
        hooks.settled(settled(2, 'error'));
        order.push('settled');
        return Promise.resolve({ stage: 'push-doc', counts: {} });
      },
    });
    await load(fake, flow(paperless('push-doc', [['room'], ['result']]), sink('room'), sink('result'), complete('push-doc'), sink('completed')));
    const room = next('room');
    const results = inbox('result');
    const done = next('completed').then(() => order.push('done'));
    const changed = [item(1, 'Renamed by a node'), { id: 2, odd: true }];
    send('push-doc', { sync: ticket({ batchId: 'b1' }), payload: changed, body: 'not handed on' });
    const asked = await room;
    await done;
    assert.deepEqual(asked['sync'], ticket());
    assert.equal('body' in asked, false);
    assert.deepEqual(
      results.map((msg) => msg['topic']),
      ['ok', 'error'],
    );
    assert.deepEqual(results[0]?.['payload'], settled(1));
    assert.deepEqual(fake.called('pushDoc')[0]?.slice(0, 2), [ticket({ batchId: 'b1' }), changed]);
    assert.deepEqual(order, ['settled', 'done']);
  });

  it('refuses a payload that is no list', async () => {
    const fake = new FakeController();
    await load(fake, flow(paperless('push-doc', [[], []]), catcher, sink('caught')));
    const caught = next('caught');
    send('push-doc', { sync: ticket({ batchId: 'b1' }), payload: item(1) });
    const msg = await caught;
    assert.equal(caughtSchema.parse(msg['error']).code, 'payload-not-a-list');
    assert.deepEqual(fake.calls, []);
  });
});
