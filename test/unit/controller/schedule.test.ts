import assert from 'node:assert/strict';
import { due, eligible } from '../../../src/controller/schedule';
import type { ReplicaRow } from '../../../src/state';
import { smallLibrary } from '../../support/libraries';
import { refuse } from '../../support/faults';
import { scenario } from '../../support/scenario';

const NOW = Date.UTC(2026, 10, 21, 12);

function replica(id: number, change: Partial<ReplicaRow> = {}): ReplicaRow {
  return { id, enabled: true, suspendedAt: null, syncIntervalSeconds: null, lastSyncTs: null, ...change } as ReplicaRow;
}

function dueIds(replicas: ReplicaRow[], more: Partial<Parameters<typeof due>[0]> = {}): number[] {
  return due({ now: NOW, paused: false, intervalMs: 900_000, cron: '', quietHours: '', replicas, lastAttempt: new Map(), ...more }).map(
    ({ id }) => id,
  );
}

const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

describe('what is due', () => {
  it('is every replica that was never synced, or not within its interval', () => {
    assert.deepEqual(dueIds([replica(1), replica(2, { lastSyncTs: ago(899) }), replica(3, { lastSyncTs: ago(900) })]), [1, 3]);
  });

  it("goes by a replica's own interval before the global one", () => {
    const own = (seconds: number, last: number) => replica(1, { syncIntervalSeconds: seconds, lastSyncTs: ago(last) });
    assert.deepEqual(dueIds([own(60, 61)]), [1]);
    assert.deepEqual(dueIds([own(86_400, 5000)]), []);
  });

  it('goes by the last attempt, so that a failing replica is not asked at every tick', () => {
    const tried = new Map([[1, NOW - 30_000]]);
    assert.deepEqual(dueIds([replica(1, { lastSyncTs: ago(10_000) })], { lastAttempt: tried }), []);
  });

  it('is nothing while all is paused, and never what is disabled or suspended', () => {
    assert.deepEqual(dueIds([replica(1)], { paused: true }), []);
    assert.deepEqual(dueIds([replica(1, { enabled: false }), replica(2, { suspendedAt: ago(1) })]), []);
    assert.ok(!eligible(replica(1, { suspendedAt: ago(1) })));
  });
});

describe('what is due by the clock on the wall', () => {
  /** A time of 2026-03-10 in the machine's own zone, where expressions and hours are read. */
  const at = (hour: number, minute = 0, day = 10): number => new Date(2026, 2, day, hour, minute).getTime();
  const synced = (time: number, change: Partial<ReplicaRow> = {}): ReplicaRow => replica(1, { lastSyncTs: new Date(time).toISOString(), ...change });
  const isDue = (now: number, row: ReplicaRow, more: Partial<Parameters<typeof due>[0]>): boolean => dueIds([row], { now, ...more }).length === 1;

  it('is what a cron expression struck for since the last attempt, and once for all that was missed', () => {
    const cron = '30 3 * * *';
    assert.ok(!isDue(at(3, 29), synced(at(3, 30, 9)), { cron }));
    assert.ok(isDue(at(3, 30), synced(at(3, 30, 9)), { cron }));
    assert.ok(isDue(at(17), synced(at(3, 30, 2)), { cron }));
    assert.ok(!isDue(at(17), synced(at(3, 30, 2)), { cron, lastAttempt: new Map([[1, at(3, 30)]]) }));
  });

  it('waits for the first strike where nothing was ever synced', () => {
    const row = replica(1, { createdAt: new Date(at(12)).toISOString() });
    assert.ok(!isDue(at(13), row, { cron: '0 3 * * *' }));
    assert.ok(isDue(at(3, 0, 11), row, { cron: '0 3 * * *' }));
  });

  it("goes by a replica's own interval before the expression", () => {
    const row = synced(at(12), { syncIntervalSeconds: 600 });
    assert.ok(!isDue(at(12, 9), row, { cron: '* * * * *' }));
    assert.ok(isDue(at(12, 10), row, { cron: '0 3 1 1 *' }));
  });

  it('is nothing in quiet hours, over midnight too, and all that they held up at their end', () => {
    const quietHours = '22:00-06:00,12:00-13:00';
    const quiet = [at(22), at(23, 59), at(0), at(5, 59), at(12), at(12, 59)];
    const loud = [at(21, 59), at(6), at(11, 59), at(13)];
    for (const now of quiet) assert.ok(!isDue(now, replica(1), { quietHours }), new Date(now).toString());
    for (const now of loud) assert.ok(isDue(now, replica(1), { quietHours }), new Date(now).toString());
    assert.ok(isDue(at(6), synced(at(2, 0, 9)), { quietHours, cron: '0 2 * * *' }));
  });
});

describe('ticks', () => {
  scenario('go by the settings as they are now', { library: smallLibrary(1) }, async (world) => {
    const { settings } = world.store;
    settings.set('quiet_hours', '00:00-23:59');
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    settings.set('quiet_hours', '');
    settings.set('schedule_cron', '0 0 1 1 *');
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    settings.set('schedule_cron', '* * * * *');
    await world.later(60_000);
    const started = await world.run(world.engine.tick());
    assert.equal(started.kind, 'started');
    await world.run(world.engine.cycleEnd(started.tickets[0]!));
  });

  scenario(
    'start each replica at its own interval, and say nothing in between',
    { library: smallLibrary(2), replicas: ['3.0.5', '2.20.15'], settings: { sync_interval_seconds: 900 } },
    async (world) => {
      const fast = world.replicas[1]!;
      world.store.replicas.update(world.idOf(fast), { syncIntervalSeconds: 120 });
      const starts: string[] = [];
      const seconds = (world.time.now() / 1000) | 0;
      for (let tick = 0; tick < 61; tick += 1) {
        const started = await world.run(world.engine.tick());
        if (started.kind === 'started') {
          starts.push(`${Math.round((world.time.now() / 1000 - seconds) / 30) * 30} ${started.tickets.map((ticket) => ticket.replica).join('+')}`);
          for (const ticket of started.tickets) await world.run(world.engine.cycleEnd(ticket));
        } else assert.equal(started.kind, 'idle');
        await world.later(30_000);
      }
      assert.equal(starts[0], '0 replica-1+replica-2');
      assert.equal(starts.filter((start) => start.includes('replica-1')).length, 3);
      assert.ok(starts.filter((start) => start.includes('replica-2')).length >= 13);
    },
  );

  scenario('are silent while paused, and while a run goes on', { library: smallLibrary(2), settings: { paused: true } }, async (world) => {
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    world.store.settings.set('paused', false);
    const started = await world.run(world.engine.tick());
    assert.equal(started.kind, 'started');
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    await world.run(world.engine.cycleEnd(started.tickets[0]!));
  });

  scenario('do not ask a master that is down more often than the interval says', { library: smallLibrary(2) }, async (world) => {
    const down = world.set(refuse, { on: 'master', times: Infinity });
    const first = await world.run(world.engine.tick());
    assert.equal(first.kind, 'skipped');
    const asked = down.hits;
    await world.later(30_000);
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    assert.equal(down.hits, asked);
  });

  scenario('of no replica that can sync are told, when somebody asks', { library: smallLibrary(2) }, async (world) => {
    world.store.replicas.update(world.idOf(), { enabled: false });
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    const asked = await world.run(world.engine.requestSync({ trigger: 'manual' }));
    assert.ok(asked.kind === 'skipped' && asked.code === 'no-replica' && !asked.queued);
  });
});
