import assert from 'node:assert/strict';
import { join } from 'node:path';
import { LeaseHeldError, StaleEpochError } from '../../../src/state';
import { addReplica, AT, Clock, doc, folder, only, START, store } from './support';

const MINUTE = 60_000;

describe('The lease', () => {
  const path = folder();

  it('belongs to nobody at first', () => {
    assert.deepEqual(store().lease.current(), { epoch: 0, holder: null, expiresAt: null });
  });

  it('counts an epoch up each time it is taken, also by the same holder and after it was given back', () => {
    const s = store();
    assert.equal(s.lease.take('a', MINUTE), 1);
    assert.equal(s.lease.take('a', MINUTE), 2);
    s.lease.release(2);
    assert.deepEqual(s.lease.current(), { epoch: 2, holder: null, expiresAt: null });
    assert.equal(s.lease.take('b', MINUTE), 3);
    assert.deepEqual(s.lease.current(), { epoch: 3, holder: 'b', expiresAt: '2026-03-20T14:01:00.000Z' });
  });

  it('names its holder to whoever comes second, until it has run out', () => {
    const clock = new Clock();
    const s = store({ clock });
    s.lease.take('the flow', MINUTE);
    clock.ms += MINUTE - 1;
    assert.throws(
      () => s.lease.take('the command', MINUTE),
      (error: unknown) => error instanceof LeaseHeldError && error.holder === 'the flow' && error.message.includes('2026-03-20T14:01:00.000Z'),
    );
    clock.ms += 1;
    assert.equal(s.lease.take('the command', MINUTE), 2);
  });

  it('is extended by its holder, also late, and not by one that was followed', () => {
    const clock = new Clock();
    const s = store({ clock });
    const first = s.lease.take('a', MINUTE);
    clock.ms += 5 * MINUTE;
    s.lease.renew(first, MINUTE);
    assert.equal(s.lease.current().expiresAt, new Date(START + 6 * MINUTE).toISOString());
    clock.ms += 2 * MINUTE;
    const second = s.lease.take('b', MINUTE);
    assert.throws(() => s.lease.renew(first, MINUTE), StaleEpochError);
    s.lease.release(first);
    assert.deepEqual([s.lease.current().epoch, s.lease.current().holder], [second, 'b'], 'the late one gives nothing back');
  });

  it('keeps its epoch across a restart', () => {
    const file = join(path(), 'lease.sqlite3');
    const first = store({ path: file });
    first.lease.take('a', MINUTE);
    first.close();
    const again = store({ path: file });
    assert.equal(again.lease.take('a', MINUTE), 2);
    again.close();
  });
});

describe('Fenced work', () => {
  it('is written by the holder, whole', () => {
    const s = store();
    const replica = addReplica(s).id;
    const epoch = s.lease.take('a', MINUTE);
    assert.equal(
      s.fenced(epoch, () => s.registry.record([doc(1)], 'c').added),
      1,
    );
    assert.equal(only(s, replica).status, 'pending');
    assert.throws(() =>
      s.fenced(epoch, () => {
        s.registry.record([doc(2)], 'd');
        throw new Error('half way');
      }),
    );
    assert.deepEqual([s.registry.masterDoc(2), s.registry.cursor()], [null, 'c']);
  });

  it('is still the holder’s after it has run out, while nobody took it', () => {
    const clock = new Clock();
    const s = store({ clock });
    const epoch = s.lease.take('a', MINUTE);
    clock.ms += 10 * MINUTE;
    assert.equal(
      s.fenced(epoch, () => 'written'),
      'written',
    );
  });

  const stale: [string, (s: ReturnType<typeof store>, epoch: number, clock: Clock) => void][] = [
    ['taken over', (s, _, clock) => ((clock.ms += 2 * MINUTE), s.lease.take('b', MINUTE))],
    ['taken again by the same', (s) => s.lease.take('a', MINUTE)],
    ['given back', (s, epoch) => s.lease.release(epoch)],
  ];
  for (const [what, happens] of stale) {
    it(`of an epoch that was ${what} throws, runs nothing and writes nothing`, () => {
      const clock = new Clock();
      const s = store({ clock });
      const replica = addReplica(s).id;
      s.registry.record([doc(1)], 'before');
      const row = only(s, replica);
      const epoch = s.lease.take('a', MINUTE);
      happens(s, epoch, clock);
      let ran = false;
      assert.throws(
        () =>
          s.fenced(epoch, () => {
            ran = true;
            s.registry.move(row.id, { to: 'held', code: 'left-out' }, AT);
          }),
        (error: unknown) => error instanceof StaleEpochError && error.epoch === epoch,
      );
      assert.equal(ran, false);
      assert.deepEqual(only(s, replica), row);
    });
  }

  it('checks inside the transaction: another connection that takes over in between wins', () => {
    const file = join(folderPath(), 'fence.sqlite3');
    const clock = new Clock();
    const [a, b] = [store({ path: file, clock }), store({ path: file, clock })];
    const old = a.lease.take('a', MINUTE);
    clock.ms += 2 * MINUTE;
    b.lease.take('b', MINUTE);
    assert.throws(() => a.fenced(old, () => a.settings.set('paused', true)), StaleEpochError);
    assert.equal(b.settings.get('paused'), false);
    a.close();
    b.close();
  });

  const folderPath = folder();
});
