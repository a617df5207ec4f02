import assert from 'node:assert/strict';
import { FakeController, started, ticket } from './fake-controller';
import { catcher, caughtSchema, complete, flow, helper, inbox, load, next, paperless, send, sink, unload } from './runtime';

describe('the cycle-start node', () => {
  afterEach(unload);

  it('sends one message per lane, with its ticket, and drops the HTTP request that asked', async () => {
    const tickets = [ticket(), ticket({ replicaId: 2, replica: 'branch' })];
    const fake = new FakeController({ requestSync: () => Promise.resolve(started(tickets)) });
    await load(fake, flow(paperless('cycle-start', [['lane'], ['skipped']]), sink('lane'), sink('skipped')));
    const lanes = inbox('lane');
    const second = new Promise<void>((resolve) => {
      helper.getNode('lane').on('input', () => {
        if (lanes.length === 2) resolve();
      });
    });
    send('cycle-start', { topic: 'x', kept: 1, req: {}, res: {} });
    await second;
    assert.deepEqual(
      lanes.map((msg) => msg['sync']),
      tickets,
    );
    assert.deepEqual(
      lanes.map((msg) => msg['topic']),
      ['backup', 'branch'],
    );
    assert.deepEqual(
      lanes.map((msg) => [msg['kept'], 'req' in msg, 'res' in msg]),
      [
        [1, false, false],
        [1, false, false],
      ],
    );
    assert.deepEqual(fake.called('requestSync'), [[{ trigger: 'manual', replicaId: null }]]);
  });

  it('is silent on a tick that finds nothing due', async () => {
    const fake = new FakeController({ tick: () => Promise.resolve({ kind: 'idle' }) });
    await load(fake, flow(paperless('cycle-start', [['lane'], ['lane']]), sink('lane'), complete('cycle-start'), sink('completed')));
    const lanes = inbox('lane');
    const done = next('completed');
    send('cycle-start', { trigger: 'scheduler' });
    await done;
    assert.deepEqual(lanes, []);
  });

  it('shows the run that goes on when a tick finds nothing to start', async () => {
    const fake = new FakeController({ tick: () => Promise.resolve({ kind: 'idle' }) });
    await load(fake, flow(paperless('cycle-start', [[], []]), complete('cycle-start'), sink('completed')));
    for (const [running, shown] of [
      [true, 'status.running'],
      [false, 'status.idle'],
    ] as const) {
      fake.progress = { running, runId: running ? 7 : null, phase: 'x', docsDone: 0, docsTotal: 0 };
      const done = next('completed');
      const status = new Promise<string>((resolve) => {
        helper.getNode('cycle-start').once('call:status', (call: { args: [{ text: string }] }) => resolve(call.args[0].text));
      });
      send('cycle-start', { trigger: 'scheduler' });
      await done;
      assert.equal(await status, shown);
    }
  });

  it('says on its second output why a run was skipped', async () => {
    const fake = new FakeController({
      requestSync: () => Promise.resolve({ kind: 'skipped', code: 'running', message: 'A run goes on.', queued: true, runId: 6 }),
    });
    await load(fake, flow(paperless('cycle-start', [[], ['skipped']]), sink('skipped')));
    const skipped = next('skipped');
    send('cycle-start', { trigger: 'webhook', replicaId: 2 });
    const msg = await skipped;
    assert.deepEqual(msg['payload'], { code: 'running', message: 'A run goes on.', queued: true, runId: 6 });
    assert.equal(msg['topic'], 'running');
    assert.deepEqual(fake.called('requestSync'), [[{ trigger: 'webhook', replicaId: 2 }]]);
  });

  it('sends the tickets of runs that were asked for elsewhere', async () => {
    const fake = new FakeController({ tick: () => Promise.resolve({ kind: 'idle' }) });
    await load(fake, flow(paperless('cycle-start', [['lane'], []]), sink('lane'), complete('cycle-start'), sink('completed')));
    const idle = next('completed');
    send('cycle-start', { trigger: 'scheduler' });
    await idle;
    const lane = next('lane');
    assert.equal(fake.flows.size, 1);
    for (const attached of fake.flows) attached.start([ticket({ trigger: 'cli' })]);
    assert.deepEqual((await lane)['sync'], ticket({ trigger: 'cli' }));
  });

  it('refuses a trigger that it does not know', async () => {
    const fake = new FakeController();
    await load(fake, flow(paperless('cycle-start', [[], []]), catcher, sink('caught')));
    const caught = next('caught');
    send('cycle-start', { trigger: 'sometimes' });
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'bad-request');
    assert.deepEqual(fake.calls, []);
  });
});
