import assert from 'node:assert/strict';
import { openHandles } from '../../nodes/shared/controllers';
import type { Controller } from '../../src/controller';
import type { SimulatorRequest } from '../../simulator/http/messages';
import { helper } from '../nodes/runtime';
import { isUpload, World, type Setup } from './world';

/** What a user does to the tab has to be what happens: each of these changes the flow, not the engine. */
describe('the flow is the engine', function () {
  this.timeout(60_000);
  let world: World;

  async function start(setup: Partial<Setup> = {}): Promise<World> {
    world = await World.start({ documents: 10, replicas: ['3.0.5'], ...setup });
    return world;
  }

  afterEach(() => world.stop());

  it('as shipped, brings every document to a 3.x and a 2.x replica, verified, and only reads the master', async () => {
    await start({ replicas: ['3.0.5', '2.20.15'] });
    await world.load(world.flow());
    const summary = await world.cycle();
    assert.deepEqual(
      summary.replicas.map(({ outcome, synced, failed }) => ({ outcome, synced, failed })),
      [
        { outcome: 'finished', synced: 10, failed: 0 },
        { outcome: 'finished', synced: 10, failed: 0 },
      ],
    );
    for (const [index, replica] of world.replicas.entries()) {
      assert.deepEqual(replica.titles(), world.master.titles());
      for (const row of await world.rows(index + 1)) assert.deepEqual([row.status, row.verification], ['ok', 'matched']);
    }
    assert.deepEqual(Object.keys(world.master.instance.counters.methods()), ['GET']);
  });

  it('without the wire into push-doc nothing is uploaded, and the lane is not left hanging', async () => {
    await start({ settings: { lane_idle_seconds: 1 } });
    await world.load(world.flow((flow) => flow.wire('fetch-changed', 0)));
    const summary = await world.cycle();
    assert.equal(summary.replicas[0]?.outcome, 'interrupted');
    assert.equal(world.replicas[0]?.requests('POST upload'), 0);
    assert.deepEqual(world.replicas[0].titles(), []);
    for (const row of await world.rows()) assert.deepEqual([row.status, row.step], ['pending', 'queued']);
  });

  it('a Function that leaves a document out makes it held; without the Function it is offered again', async () => {
    await start();
    await world.load(
      world.flow((flow) => flow.between('msg.payload = msg.payload.filter((item) => item.document.title !== "Document 03"); return msg;')),
    );
    await world.cycle();
    const held = (await world.rows()).filter((row) => row.status !== 'ok');
    assert.deepEqual(
      held.map((row) => [row.masterDocId, row.status]),
      [[3, 'held']],
    );
    assert.ok(!world.replicas[0]?.titles().includes('Document 03'));
    // Not by itself: nothing has changed.
    await world.cycle();
    assert.equal((await world.rows()).find((row) => row.masterDocId === 3)?.status, 'held');
    await world.deploy(world.flow());
    await world.cycle();
    assert.deepEqual(world.replicas[0]?.titles(), world.master.titles());
  });

  it('a Function that changes a title has that title on the replica, and verify agrees', async () => {
    await start();
    await world.load(world.flow((flow) => flow.between('for (const item of msg.payload) item.document.title += " (copy)"; return msg;')));
    await world.cycle();
    assert.deepEqual(
      world.replicas[0]?.titles(),
      world.master.titles().map((title) => `${title} (copy)`),
    );
    for (const row of await world.rows()) assert.deepEqual([row.status, row.verification], ['ok', 'matched']);
    assert.ok(world.master.titles().every((title) => !title.includes('copy')));
  });

  it('without verify the documents are synced, but never verified', async () => {
    await start();
    await world.load(world.flow((flow) => flow.wire('fetch-changed', 1, 'cycle-end')));
    const summary = await world.cycle();
    assert.equal(summary.replicas[0]?.outcome, 'finished');
    for (const row of await world.rows()) assert.deepEqual([row.status, row.verification], ['ok', 'never']);
  });

  it('a message that a second wire doubles is refused, fails no lane and doubles no document', async () => {
    await start();
    await world.load(
      world.flow((flow) => {
        flow.between('return msg;');
        flow.wire('fetch-changed', 0, 'push-doc', 'mine');
      }),
    );
    const refused: string[] = [];
    helper.getNode('pngx-sync-errors').on('input', (msg) => refused.push((msg as unknown as { error: { code: string } }).error.code));
    const summary = await world.cycle();
    assert.ok(refused.length > 0);
    assert.deepEqual([...new Set(refused)], ['claimed-twice']);
    assert.equal(summary.replicas[0]?.outcome, 'finished');
    assert.deepEqual(world.replicas[0]?.titles(), world.master.titles());
    assert.equal(world.replicas[0].requests('POST upload'), 10);
  });

  it('a replica that fails as a whole ends its lane as failed and counts towards its suspension; the other goes on', async () => {
    await start({ replicas: ['3.0.5', '3.0.5'], settings: { replica_suspend_threshold: 1 } });
    await world.load(world.flow());
    const [broken] = world.replicas;
    assert.ok(broken !== undefined);
    broken.instance.hooks.onRequest = (request) =>
      isUpload(request)
        ? { status: 401, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"detail":"Invalid token."}') }
        : undefined;
    const summary = await world.cycle();
    const [first, second] = summary.replicas;
    assert.equal(second?.outcome, 'finished');
    assert.equal(first?.outcome, 'failed');
    assert.equal(first.suspendedNow, true);
    assert.match(first.message ?? '', /token/i);
    assert.deepEqual(world.replicas[1]?.titles(), world.master.titles());
  });

  it("a user's node that throws ends the lane as failed, and its documents come with the next run", async () => {
    await start();
    await world.load(world.flow((flow) => flow.between('throw new Error("my mistake");')));
    const summary = await world.cycle();
    assert.equal(summary.replicas[0]?.outcome, 'failed');
    assert.match(summary.replicas[0].message ?? '', /^A node of the flow failed, the function node "mine": my mistake\. Mend/);
    await world.deploy(world.flow());
    await world.cycle();
    assert.deepEqual(world.replicas[0]?.titles(), world.master.titles());
  });

  it('twenty deploys in mid-cycle lose, double and hang nothing', async () => {
    const documents = 60;
    // An upload that a deploy cut off may have arrived or not: it is sent again after this long at the earliest.
    await start({ documents, settings: { task_poll_timeout_seconds: 1, lane_idle_seconds: 1 } });
    const [replica] = world.replicas;
    assert.ok(replica !== undefined);
    await world.load(world.flow());
    let interrupted = 0;
    for (let deploy = 1; deploy <= 20; deploy += 1) {
      // At another point of the work each time: before an upload, while its task is waited for, before the fields are set, before they are read back.
      const met = replica.request(moments[deploy % moments.length] ?? isUpload);
      world.press();
      await Promise.race([met, world.with(idle)]);
      if (await world.with((controller) => controller.progress().running)) interrupted += 1;
      // Every third leaves the other nodes running, so that the messages on their way meet a new push-doc.
      const nodes = world.flow((flow) => {
        flow.node('push-doc').name = `deploy ${deploy}`;
      });
      await world.deploy(nodes, deploy % 3 === 0 ? 'nodes' : 'full');
    }
    assert.ok(interrupted >= 10, `only ${interrupted} of the deploys met a cycle`);
    do await world.cycle();
    while ((await world.rows()).length < documents || (await world.rows()).some((row) => row.status !== 'ok'));
    await world.with(idle);
    assert.deepEqual(replica.titles(), world.master.titles());
    assert.equal(new Set((await world.rows()).map((row) => row.replicaDocId)).size, documents);
    await world.with((controller) => {
      for (const run of controller.store.runs.list({ limit: 1000 })) assert.notEqual(run.finishedAt, null, `run ${run.id} is open`);
    });
    await helper.clearFlows();
    assert.equal(openHandles(), 0);
  });
});

const moments: ((request: SimulatorRequest) => boolean)[] = [
  isUpload,
  ({ path }) => path.startsWith('/api/tasks/'),
  ({ method }) => method === 'PATCH',
  ({ method, path }) => method === 'GET' && /^\/api\/documents\/\d+\//.test(path),
];

/** Until no run goes on; ticks meanwhile, as the tab's timer would, so that a lane whose message a deploy swallowed is closed. */
async function idle(controller: Controller): Promise<void> {
  // A run takes a moment to open: it is over when none was seen for a while.
  for (let quiet = 0; quiet < 10; quiet = controller.progress().running ? 0 : quiet + 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await controller.tick();
  }
}
