import assert from 'node:assert/strict';
import { seededRandom } from '../../simulator/environment';
import type { SimulatedVersion } from '../../simulator/profile';
import { historyLibrary } from '../support/libraries';
import { compareSites } from '../support/oracle';
import { leavesNothingOpen } from './bench';
import * as faults from './faults';
import type { Fault, Wire } from './proxy';
import { type Server, SocketWorld } from './world';

const BOTH: readonly SimulatedVersion[] = ['3.0.5', '2.20.15'];
const DOCUMENTS = 8;

const ALWAYS: readonly Fault[] = [
  faults.resetBeforeServer,
  faults.resetAfterServer,
  faults.endAfterServer,
  faults.resetInHead,
  faults.resetInBody,
  faults.endInBody,
  faults.endInChunks,
  faults.endWithoutLength,
  faults.lengthTooLong,
  faults.lengthTooShort,
  faults.timeoutNotice,
  faults.page(502),
];
/** They cost a real second each, so they are drawn seldom. */
const SILENT: readonly Fault[] = [faults.vanishBefore, faults.vanishAfter, faults.vanishInBody, faults.dripHead(20), faults.dripBody(20)];

/** Breaks a share of the requests at every server's proxy until it is told to stop. Counts what it did. */
function trouble(servers: readonly Server[], seed: number, share: number): { struck: Map<Fault, number>; end: () => void } {
  const random = seededRandom(seed);
  const struck = new Map<Fault, number>();
  const pick = (wire: Wire): Fault => {
    const list = random.next() < 0.04 ? SILENT : wire.method === 'POST' ? [...ALWAYS, faults.resetInUpload] : ALWAYS;
    const own = wire.path.includes('/download/') ? [...list, faults.flipAnswer, faults.flipAnswer] : list;
    return own[Math.floor(random.next() * own.length)] ?? faults.resetBeforeServer;
  };
  for (const { proxy } of servers)
    proxy.chance = (wire) => {
      if (random.next() >= share) return null;
      const fault = pick(wire);
      struck.set(fault, (struck.get(fault) ?? 0) + 1);
      return fault;
    };
  const end = (): void => {
    for (const { proxy } of servers) proxy.chance = null;
  };
  return { struck, end };
}

describe('over sockets', () => {
  leavesNothingOpen();

  describe('whole cycles', function () {
    this.timeout(40_000);

    for (const [seed, master] of [
      [1, '3.0.5'],
      [2, '2.20.15'],
      [3, '3.0.5'],
      [4, '2.20.15'],
    ] as const)
      it(`end equal, whatever the connections did meanwhile (${master}, seed ${seed})`, async () => {
        const world = await SocketWorld.start(seed, master, BOTH, historyLibrary(DOCUMENTS));
        try {
          const { struck, end } = trouble(world.servers, seed, 0.12);
          for (let round = 0; round < 4; round += 1) {
            await world.engine.runCycle({ trigger: 'manual' });
            await world.master.person.patch(1 + round, { title: `Changed in round ${round}` });
            await world.master.person.note(2 + round, `Noted in round ${round}`);
          }
          end();
          const { settled, reason } = await world.engine.runUntilSettled({ timeoutMs: 1_500_000, trigger: 'manual', full: true });
          assert.ok(settled, reason ?? '');
          assert.ok([...struck.values()].reduce((sum, n) => sum + n, 0) >= 10, 'there was hardly any trouble');
          for (const { name, instance, proxy } of world.replicas) {
            assert.deepEqual(compareSites(world.master.instance, instance), [], name);
            assert.equal(instance.store.documents.size, DOCUMENTS, `${name} has something twice`);
            assert.deepEqual(proxy.troubles, []);
          }
          const { GET: _reads, ...writes } = world.master.instance.counters.methods();
          // The person's own, of which each is one request.
          assert.deepEqual(writes, { PATCH: 4, POST: 4 }, 'the master was written');
          assert.deepEqual(world.spooled, []);
          for (const { token } of world.servers) assert.ok(!world.words.includes(token), 'a token was written down');
        } finally {
          await world.close();
        }
      });

    for (const [what, fault] of [
      ['as others', faults.flipAnswer],
      ['in half, and nothing said how many there should be', faults.endWithoutLength],
      ['in half, and as many as were announced', faults.lengthTooShort],
      ['in half, and fewer than were announced', faults.endInBody],
    ] as const)
      it(`send nothing on whose bytes came from the master ${what}`, async () => {
        const world = await SocketWorld.start(7, '3.0.5', BOTH, historyLibrary(2));
        try {
          const strike = world.master.proxy.strike(fault, { path: /\/download\// });
          const { settled, reason } = await world.engine.runUntilSettled({ timeoutMs: 900_000, trigger: 'manual' });
          assert.ok(settled, reason ?? '');
          assert.equal(strike.hits, 1);
          for (const { name, instance } of world.replicas) {
            assert.deepEqual(compareSites(world.master.instance, instance), [], name);
            assert.equal(instance.counters.snapshot()['POST upload']?.requests, 2, 'a damaged file was uploaded');
          }
          assert.deepEqual(world.spooled, []);
        } finally {
          await world.close();
        }
      });

    for (const version of BOTH)
      it(`never call a copy ok whose bytes arrived as others (${version})`, async () => {
        const world = await SocketWorld.start(5, '3.0.5', [version], historyLibrary(2));
        try {
          const [replica] = world.replicas;
          assert.ok(replica);
          const strike = replica.proxy.strike(faults.flipUpload, { method: 'POST', path: /post_document/ });
          await world.engine.runUntilSettled({ timeoutMs: 600_000, trigger: 'manual' });
          assert.equal(strike.hits, 1);
          const rows = world.store.registry.rows(1, { limit: 10 }).filter(({ verification }) => verification === 'matched');
          const bytes = (server: Server, id: number | null): string | undefined => server.instance.store.documents.get(id ?? 0)?.original.sha256;
          for (const row of rows) assert.equal(bytes(replica, row.replicaDocId), bytes(world.master, row.masterDocId), row.status);
          assert.ok(rows.some(({ status }) => status === 'ok'));
          assert.match(world.words, /bytes that were sent|not the same file/u);
        } finally {
          await world.close();
        }
      });

    it('stop when they are told to, also while a master that has vanished is asked who it is', async () => {
      const world = await SocketWorld.start(6, '3.0.5', ['3.0.5'], historyLibrary(1), { idleMs: 600_000 });
      try {
        const vanished = new Promise<void>((resolve) => {
          world.master.proxy.strike((wire) => {
            resolve();
            return faults.vanishBefore(wire);
          });
        });
        const cycle = world.engine.runCycle({ trigger: 'manual' });
        await vanished;
        await world.engine.stop();
        assert.deepEqual(await cycle, { skipped: 'The controller is stopping.' });
      } finally {
        await world.close();
      }
    });
  });
});
