import assert from 'node:assert/strict';
import { FakeController } from './fake-controller';
import { flow, helper, inbox, load, paperless, sink, unload } from './runtime';

describe('the events node', () => {
  afterEach(unload);

  it('sends the chosen types and no others', async () => {
    const fake = new FakeController();
    const nodes = flow(paperless('events', [['event']], { events: 'run-skipped,replica-recovered' }), sink('event'));
    const attached = new Promise<void>((resolve) => fake.events.once('newListener', () => resolve()));
    await load(fake, nodes);
    await attached;
    await Promise.resolve();
    const got = inbox('event');
    const last = new Promise<void>((resolve) => {
      helper.getNode('event').on('input', (msg) => {
        if (msg.topic === 'replica-recovered') resolve();
      });
    });
    fake.emit({ type: 'state', state: 'running' });
    fake.emit({ type: 'run-skipped', code: 'paused', message: 'Paused.' });
    fake.emit({ type: 'replica-recovered', replica: 'backup' });
    await last;
    assert.deepEqual(
      got.map((msg) => msg['topic']),
      ['run-skipped', 'replica-recovered'],
    );
    assert.deepEqual(got[0]?.['payload'], { type: 'run-skipped', code: 'paused', message: 'Paused.' });
  });
});
