import assert from 'node:assert/strict';
import { TicketError } from '../../src/controller';
import { PaperlessError } from '../../src/paperless/errors';
import { FakeController, summary, ticket } from './fake-controller';
import { catcher, caughtSchema, complete, flow, inbox, load, next, paperless, send, sink, unload } from './runtime';

describe('the cycle-end node', () => {
  afterEach(unload);

  it('sends the summary once the controller has closed the run, without a ticket', async () => {
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

  it("brings back what Catch made of an error: a refused ticket as one, and a user's mistake as a sentence with the node in it", async () => {
    const fake = new FakeController({ cycleEnd: () => Promise.resolve(null) });
    await load(fake, flow(paperless('cycle-end', [[]]), complete('cycle-end'), sink('completed')));
    const source = { id: 'f', type: 'function', name: 'mine', count: 1 };
    const refused = {
      message: 'Claimed already.',
      code: 'claimed-twice',
      cause: { class: 'ticket', code: 'claimed-twice', nextStep: 'One wire.' },
      source,
    };
    for (const error of [refused, { message: 'Error: oh no', source }]) {
      const done = next('completed');
      send('cycle-end', { sync: ticket(), error });
      await done;
    }
    const [ticketError, mistake] = fake.called('cycleEnd').map(([, thrown]) => thrown);
    assert.ok(ticketError instanceof TicketError && ticketError.code === 'claimed-twice');
    assert.ok(mistake instanceof Error && !(mistake instanceof TicketError));
    assert.equal(mistake.message, 'A node of the flow failed, the function node "mine": oh no.');
  });

  it('passes over what it failed at itself, and errors of messages without a ticket', async () => {
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
});

function pick(from: object, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name]]));
}
