import assert from 'node:assert/strict';
import { openFailures, openHandles } from '../../nodes/shared/controllers';
import { ConfigError } from '../../src/controller';
import { FakeController, ticket, untilAborted } from './fake-controller';
import {
  catcher,
  caughtSchema,
  flow,
  helper,
  inbox,
  load,
  next,
  nodeFiles,
  paperless,
  secretKey,
  send,
  settle,
  sink,
  unload,
  type TestNode,
} from './runtime';

const kinds = nodeFiles.map(([set]) => set).filter((set) => set !== 'config');
const report = { stage: 'x', counts: {} };

/** One node of each kind. */
function everyKind(): TestNode[] {
  return flow(...kinds.map((kind) => paperless(kind, [])));
}

/** What listens where nodes may listen: the flows' events, the controller's, attached flows, handles. */
function held(fake: FakeController): Record<string, number> {
  const { _events: runtime } = helper as unknown as { _events: NodeJS.EventEmitter };
  return {
    started: runtime.listenerCount('flows:started'),
    stopping: runtime.listenerCount('flows:stopping'),
    controller: fake.events.listenerCount('event'),
    flows: fake.flows.size,
    handles: fake.handles,
    open: openHandles(),
  };
}

describe('the life of a node', () => {
  afterEach(unload);

  it('twenty deploys leave as many listeners and handles as one, and stopping leaves none', async () => {
    const fake = new FakeController();
    await load(fake, everyKind());
    await settle();
    const once = held(fake);
    assert.equal(once['controller'], 1);
    assert.equal(once['flows'], 1);
    // One for each node, and one for the configuration node itself.
    assert.equal(once['handles'], kinds.length + 1);
    for (let deploy = 0; deploy < 20; deploy += 1) {
      await helper.setFlows(everyKind(), 'full', { config: { secretKey } });
      await settle();
    }
    assert.deepEqual(held(fake), once);
    await helper.clearFlows();
    assert.deepEqual(held(fake), { started: 0, stopping: once['stopping'], controller: 0, flows: 0, handles: 0, open: 0 });
  });

  it('twenty deploys in the middle of a stage end it each time and lose no handle', async () => {
    let ended = 0;
    const fake = new FakeController({
      verify: (_ticket, options) =>
        untilAborted(options).finally(() => {
          ended += 1;
        }),
    });
    const nodes = (): TestNode[] => flow(paperless('verify', [['out']]), sink('out'), catcher, sink('caught'));
    await load(fake, nodes());
    for (let deploy = 1; deploy <= 20; deploy += 1) {
      await settle();
      const caught = inbox('caught');
      send('verify', { sync: ticket() });
      await settle();
      assert.equal(fake.called('verify').length, deploy);
      await helper.setFlows(nodes(), 'full', { config: { secretKey } });
      assert.equal(ended, deploy);
      assert.deepEqual(caught, []);
    }
    await helper.clearFlows();
    assert.equal(fake.handles, 0);
  });

  it('a deploy that leaves the controller alone offers held documents again', async () => {
    const fake = new FakeController();
    const nodes = flow(paperless('verify', []));
    await load(fake, nodes);
    await settle();
    const before = fake.deployed;
    await helper.setFlows([...nodes, { id: 'new', type: 'helper', z: 'tab', x: 1, y: 1, wires: [] }] as never, 'nodes');
    await settle();
    assert.equal(fake.deployed, before + 1);
    assert.equal(fake.opened.length, 2);
  });

  it('a rejection that is no Error, and a throw before any promise, end as errors for Catch and not the process', async () => {
    const unhandled: unknown[] = [];
    const remember = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', remember);
    try {
      const thrown: unknown[] = ['a word', undefined, null, { odd: true }, new Error('')];
      for (const value of thrown) {
        for (const how of ['reject', 'throw'] as const) {
          const fake = new FakeController({
            verify: () => {
              if (how === 'throw') throw value;
              // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as above
              return Promise.reject(value);
            },
          });
          await load(fake, flow(paperless('verify', []), catcher, sink('caught')));
          const caught = next('caught');
          send('verify', { sync: ticket() });
          const error = caughtSchema.parse((await caught)['error']);
          assert.equal(error.cause.class, 'unexpected');
          assert.ok(error.message.length > 0);
          await unload();
        }
      }
      await settle();
      assert.deepEqual(unhandled, []);
    } finally {
      process.removeListener('unhandledRejection', remember);
    }
  });

  it('a listener that throws is an error of its node, not of the controller', async () => {
    const fake = new FakeController();
    await load(fake, flow(paperless('events', [['out']], { events: 'state' }), sink('out')));
    await settle();
    const node = helper.getNode('events');
    node.send = () => {
      throw new Error('the wire broke');
    };
    fake.emit({ type: 'state', state: 'draining' });
    assert.ok(helper.log().args.some(([line]) => String((line as { msg?: unknown }).msg).includes('the wire broke')));
  });

  it('a controller that could not be opened is said once, shows in every node, and is tried again by the next message', async () => {
    const fake = new FakeController({ verify: () => Promise.resolve(report) });
    fake.opening = () => Promise.reject(new ConfigError('database-in-use', 'Another process has the database.', 'Stop it.'));
    await load(fake, flow(paperless('verify', [['out']]), paperless('poll-tasks', []), sink('out'), catcher, sink('caught')));
    await settle();
    const caught = next('caught');
    send('verify', { sync: ticket() });
    const error = caughtSchema.parse((await caught)['error']);
    assert.deepEqual(error.cause, { class: 'config', code: 'database-in-use', nextStep: 'Stop it.' });
    assert.deepEqual(openFailures(), ['database-in-use']);
    const said = helper.log().args.filter(([line]) => (line as { type?: string }).type === 'paperless-config');
    assert.equal(said.length, 1);

    fake.opening = () => Promise.resolve();
    const out = next('out');
    send('verify', { sync: ticket() });
    assert.deepEqual((await out)['payload'], report);
    assert.deepEqual(openFailures(), []);
  });

  it('a controller that opens after its nodes were closed is let go at once', async () => {
    const fake = new FakeController();
    let open: () => void = () => undefined;
    fake.opening = () => new Promise((resolve) => (open = resolve));
    await load(fake, flow(paperless('events', [])));
    await settle();
    const closing = helper.clearFlows();
    await settle();
    fake.opening = () => Promise.resolve();
    open();
    await closing;
    await settle();
    assert.equal(fake.handles, 0);
    assert.equal(openHandles(), 0);
    assert.equal(fake.events.listenerCount('event'), 0);
  });

  it('a node without a controller says so', async () => {
    const fake = new FakeController();
    await load(fake, flow({ ...paperless('verify', []), controller: '' }, catcher, sink('caught')));
    const caught = next('caught');
    send('verify', { sync: ticket() });
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'no-controller');
  });

  it('an option that no editor would save is refused with its name', async () => {
    const fake = new FakeController();
    await load(fake, flow({ ...paperless('events', []), events: 'state,everything' }, paperless('verify', [])));
    await settle();
    assert.equal(fake.events.listenerCount('event'), 0);
  });
});
