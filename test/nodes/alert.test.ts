import assert from 'node:assert/strict';
import { FakeController, summary } from './fake-controller';
import { catcher, caughtSchema, flow, load, next, paperless, send, sink, unload } from './runtime';

describe('the alert node', () => {
  afterEach(unload);

  it("sends the controller's answer on, and refuses what is no summary", async () => {
    const answer = { sent: [{ replica: 'backup', event: 'replica_suspended' }], suppressed: [], failed: [] };
    const fake = new FakeController({ alert: () => Promise.resolve(answer) });
    await load(fake, flow(paperless('alert', [['sent']]), sink('sent'), catcher, sink('caught')));
    const out = next('sent');
    send('alert', { payload: summary() });
    assert.deepEqual((await out)['payload'], answer);
    assert.deepEqual(fake.called('alert'), [[summary()]]);
    const caught = next('caught');
    send('alert', { payload: 'all fine' });
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'no-summary');
  });
});
