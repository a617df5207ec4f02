import assert from 'node:assert/strict';
import { FakeController, ticket } from './fake-controller';
import { catcher, caughtSchema, flow, load, next, paperless, send, sink, unload } from './runtime';

describe('what all nodes of a lane refuse', () => {
  afterEach(unload);

  it('a message without a ticket is refused with a sentence by every node that needs one', async () => {
    const kinds = ['poll-tasks', 'schema-parity', 'fetch-changed', 'push-doc', 'verify', 'cycle-end'];
    const fake = new FakeController();
    await load(fake, flow(...kinds.map((kind) => paperless(kind, [])), catcher, sink('caught')));
    for (const kind of kinds) {
      const missing = next('caught');
      send(kind, { payload: [] });
      const error = caughtSchema.parse((await missing)['error']);
      assert.equal(error.source.id, kind);
      assert.equal(error.code, 'no-ticket');
      assert.match(error.message, /msg\.sync is missing/);
      const changed = next('caught');
      send(kind, { payload: [], sync: { ...ticket(), epoch: 'three' } });
      assert.equal(caughtSchema.parse((await changed)['error']).code, 'bad-ticket');
    }
    assert.deepEqual(fake.calls, []);
  });
});
