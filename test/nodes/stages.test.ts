import assert from 'node:assert/strict';
import { FakeController, item, settled, started, summary, ticket, untilAborted } from './fake-controller';
import { caughtSchema, flow, helper, inbox, load, next, paperless, send, sink, unload } from './runtime';
import { TicketError, type Plan } from '../../src/controller';
import { PaperlessError } from '../../src/paperless/errors';

const catcher = { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] };
const complete = (scope: string) => ({ id: 'complete', type: 'complete', scope: [scope], wires: [['completed']] });

const aPlan: Plan = {
  id: 4,
  scope: 'reconcile',
  replicaId: 1,
  createdAt: '2026-11-21T11:00:00.000Z',
  appliedAt: null,
  refusedAt: null,
  body: {
    replica: 'backup',
    summary: 'Three.',
    complete: true,
    counts: {},
    bytes: { download: 0, upload: 0, exact: true },
    samples: {},
    deletes: [],
    findings: [],
    notes: [],
  },
};
const aPlanHead = { id: 4, scope: 'reconcile', replica_id: 1, created_at: aPlan.createdAt, applied_at: null, refused_at: null };

describe('the nodes of the cycle', () => {
  afterEach(unload);

  it('cycle-start sends one message per lane, with its ticket, and drops the HTTP request that asked', async () => {
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

  it('cycle-start is silent on a tick that finds nothing due', async () => {
    const fake = new FakeController({ tick: () => Promise.resolve({ kind: 'idle' }) });
    await load(fake, flow(paperless('cycle-start', [['lane'], ['lane']]), sink('lane'), complete('cycle-start'), sink('completed')));
    const lanes = inbox('lane');
    const done = next('completed');
    send('cycle-start', { trigger: 'scheduler' });
    await done;
    assert.deepEqual(lanes, []);
  });

  it('cycle-start shows the run that goes on when a tick finds nothing to start', async () => {
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

  it('cycle-start says on its second output why a run was skipped', async () => {
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

  it('cycle-start sends the tickets of runs that were asked for elsewhere', async () => {
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

  it('cycle-start refuses a trigger that it does not know', async () => {
    const fake = new FakeController();
    await load(fake, flow(paperless('cycle-start', [[], []]), catcher, sink('caught')));
    const caught = next('caught');
    send('cycle-start', { trigger: 'sometimes' });
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'bad-request');
    assert.deepEqual(fake.calls, []);
  });

  for (const [kind, method] of [
    ['poll-tasks', 'pollTasks'],
    ['schema-parity', 'schemaParity'],
    ['verify', 'verify'],
  ] as const) {
    it(`${kind} does its stage for the ticket and hands the message on with the report`, async () => {
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
  }

  it('fetch-changed sends a batch out of the first output with the ticket of the batch', async () => {
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

  it('fetch-changed tells on the second output that the lane is drained, and nothing when another call has the batch', async () => {
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

  it('push-doc gives the batch as it came, asks for more by output 1, and sends each result by output 2 before it is done', async () => {
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

  it('push-doc refuses a payload that is no list', async () => {
    const fake = new FakeController();
    await load(fake, flow(paperless('push-doc', [[], []]), catcher, sink('caught')));
    const caught = next('caught');
    send('push-doc', { sync: ticket({ batchId: 'b1' }), payload: item(1) });
    const msg = await caught;
    assert.equal(caughtSchema.parse(msg['error']).code, 'payload-not-a-list');
    assert.deepEqual(fake.calls, []);
  });

  it('cycle-end sends the summary once the controller has closed the run, without a ticket', async () => {
    const answers = [null, summary()];
    const fake = new FakeController({ cycleEnd: () => Promise.resolve(answers.shift() ?? null) });
    await load(fake, flow(paperless('cycle-end', [['summary']]), sink('summary'), complete('cycle-end'), sink('completed')));
    const sent = inbox('summary');
    const first = next('completed');
    send('cycle-end', { sync: ticket() });
    await first;
    assert.deepEqual(sent, []);
    const out = next('summary');
    send('cycle-end', { sync: ticket({ replicaId: 2 }) });
    const msg = await out;
    assert.deepEqual(msg['payload'], summary());
    assert.equal('sync' in msg, false);
  });

  it('a stage that fails is told to Catch with class, code and next step, and cycle-end ends the lane with that error', async () => {
    const failure = new PaperlessError({
      class: 'instance',
      code: 'token-refused',
      message: 'The replica refused the token.',
      nextStep: 'Give it a new one.',
    });
    const fake = new FakeController({ verify: () => Promise.reject(failure), cycleEnd: () => Promise.resolve(summary({ failed: 1 })) });
    await load(
      fake,
      flow(
        paperless('verify', [['cycle-end']]),
        { ...catcher, wires: [['cycle-end', 'caught']] },
        sink('caught'),
        paperless('cycle-end', [['summary']]),
        sink('summary'),
      ),
    );
    const caught = next('caught');
    const out = next('summary');
    send('verify', { sync: ticket() });
    const error = caughtSchema.parse((await caught)['error']);
    assert.equal(error.message, 'The replica refused the token.');
    assert.deepEqual(error.cause, { class: 'instance', code: 'token-refused', nextStep: 'Give it a new one.' });
    await out;
    const [given, thrown] = fake.called('cycleEnd')[0] ?? [];
    assert.deepEqual(given, ticket());
    assert.ok(thrown instanceof Error);
    assert.deepEqual(
      { message: thrown.message, ...pick(thrown, 'class', 'code', 'nextStep') },
      { message: 'The replica refused the token.', class: 'instance', code: 'token-refused', nextStep: 'Give it a new one.' },
    );
  });

  it('cycle-end passes over what it failed at itself, and errors of messages without a ticket', async () => {
    const refused = new TicketError('run-closed', 'The run is closed.', 'Nothing to do.');
    const fake = new FakeController({ cycleEnd: () => Promise.reject(refused) });
    await load(
      fake,
      flow(paperless('cycle-end', [[]]), { ...catcher, wires: [['cycle-end', 'caught']] }, sink('caught'), complete('cycle-end'), sink('completed')),
    );
    const caught = next('caught');
    const passedOver = next('completed');
    send('cycle-end', { sync: ticket() });
    assert.equal(caughtSchema.parse((await caught)['error']).cause.class, 'ticket');
    await passedOver;
    const again = next('completed');
    send('cycle-end', { error: { message: 'another node', source: { id: 'x', type: 'function' } } });
    await again;
    assert.equal(fake.called('cycleEnd').length, 1);
  });

  it("alert sends the controller's answer on, and refuses what is no summary", async () => {
    const answer = { sent: [{ replica: 'backup', event: 'replica_suspended' }], suppressed: [] };
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

  it('reconcile sends the plan and what was applied of it, and refuses a message without a replica', async () => {
    const plan = { ...aPlan, body: { ...aPlan.body, counts: { adopt: 3 } } };
    const fake = new FakeController({ reconcile: () => Promise.resolve({ plan, applied: null }) });
    await load(fake, flow(paperless('reconcile', [['out']]), sink('out'), catcher, sink('caught')));
    const out = next('out');
    send('reconcile', { replicaId: 1 });
    const { payload } = await out;
    assert.deepEqual(payload, { plan: { ...plan.body, ...aPlanHead }, applied: null });
    assert.deepEqual(fake.called('reconcile'), [[1, { apply: false, who: 'flow' }]]);
    const caught = next('caught');
    send('reconcile', {});
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'no-replica-id');
  });

  it('events sends the chosen types and no others', async () => {
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

  it('a closed node tells its stage to end, and waits for it before it lets the controller go', async () => {
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

function pick(from: object, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name]]));
}
