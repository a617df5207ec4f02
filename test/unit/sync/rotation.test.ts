import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Store, SyncRow } from '../../../src/state';
import { isoTime } from '../../../src/sync/instant';
import { CHUNK, earn, isLookDue, rotation, type RotationInput } from '../../../src/sync/rotation';
import { addReplica, Clock, doc, only, store } from '../state/support';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A registry whose copies somebody else keeps in sync, and the rotation over it. */
class Library {
  readonly clock = new Clock();
  readonly store: Store = store({ clock: this.clock });
  readonly replicaId = addReplica(this.store).id;
  looks = 0;
  requests = 0;
  #documents = 0;

  constructor(readonly windowMs: number) {}

  get input(): RotationInput {
    return { store: this.store, replicaId: this.replicaId, windowMs: this.windowMs, demanded: null, now: this.clock.now };
  }

  add(count: number): void {
    for (let n = 0; n < count; n += 1) this.#sync((this.#documents += 1), 'new');
  }

  /** Pushed anew: proven at its former version only. */
  change(which: number): void {
    if (this.#documents > 0) this.#sync(1 + (which % this.#documents), `changed at ${this.clock.ms} ${which}`);
  }

  /** Out of the rotation: gone on the master. */
  bury(which: number): void {
    const row = this.#documents === 0 ? null : only(this.store, this.replicaId, 1 + (which % this.#documents));
    if (row?.status === 'ok') this.store.registry.move(row.id, { to: 'tombstone' }, isoTime(this.clock.ms));
  }

  /** One cycle's looks; `cut`: after so many chunks the deadline was there. Whether it came to its end. */
  cycle(cut = Infinity): boolean {
    let chunks = 0;
    for (const rows of rotation(this.input)) {
      if (chunks >= cut) return false;
      assert.ok(rows.length > 0 && rows.length <= CHUNK);
      for (const row of rows) {
        this.clock.ms += 7;
        this.store.registry.verified(row.id, { verification: 'matched', version: row.wantedVersion }, isoTime(this.clock.ms));
      }
      chunks += 1;
      this.looks += rows.length;
      this.requests += 1;
    }
    return true;
  }

  get rows(): SyncRow[] {
    return this.store.registry.rows(this.replicaId, { status: 'ok', limit: 100_000 });
  }

  /** Milliseconds since the copy was looked at that was so the longest ago; Infinity where one never was at its version. */
  get oldest(): number {
    return Math.max(0, ...this.rows.map((r) => (r.verifiedAt === null || r.verifiedVersion !== r.wantedVersion ? Infinity : this.clock.ms - Date.parse(r.verifiedAt)))); // prettier-ignore
  }

  #sync(id: number, fingerprint: string): void {
    const { registry } = this.store;
    registry.record([doc(id, { fingerprint })], null);
    const row = only(this.store, this.replicaId, id);
    if (row.status !== 'pending') return;
    const at = isoTime(this.clock.ms);
    registry.move(row.id, { to: 'applying', replicaDocId: id + 1000, fileChecksum: 'sum' }, at);
    registry.move(row.id, { to: 'ok', version: row.wantedVersion, observedModified: 'seen', observedFields: 'print' }, at);
  }
}

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1_000, max: 6 * HOUR }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: DAY, max: 30 * DAY }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bury' as const), which: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('cycle' as const), cut: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 3 })) }) },
);

describe('The rotation of looks', function () {
  this.timeout(60_000);

  it('leaves nobody unlooked at for longer than the window after a whole cycle, whatever came before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat({ max: 150 }), fc.array(event, { maxLength: 25 }), (days, documents, events) => {
        const library = new Library(days * DAY);
        library.add(documents);
        for (const one of events) {
          if (one.kind === 'wait') library.clock.ms += one.ms;
          else if (one.kind === 'add') library.add(one.count);
          else if (one.kind === 'cycle') {
            const began = library.clock.ms;
            if (library.cycle(one.cut)) assert.ok(library.oldest <= library.windowMs + (library.clock.ms - began), `${library.oldest} ms old`);
          } else library[one.kind](one.which);
        }
        library.cycle();
        assert.ok(library.oldest < Infinity);
      }),
      { numRuns: 150 },
    );
  });

  it('holds at any interval: nobody is older than the window and one interval when a cycle begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60_000, max: 3 * DAY }), fc.integer({ min: 1, max: 400 }), (interval, documents) => {
        const library = new Library(7 * DAY);
        library.add(documents);
        for (let passed = 0, cycles = 0; passed < 16 * DAY && cycles < 400; passed += interval, cycles += 1) {
          if (cycles > 0) assert.ok(library.oldest <= library.windowMs + interval + HOUR, `${library.oldest / DAY} days old`);
          library.cycle();
          library.clock.ms += interval;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is spread over the window, in whole chunks, and asks nothing in most cycles', () => {
    const library = new Library(7 * DAY);
    library.add(1000);
    library.cycle();
    assert.equal(library.looks, 1000);
    const [each, idle]: [number[], number[]] = [[], []];
    library.looks = library.requests = 0;
    for (let cycle = 0; cycle < (28 * DAY) / (900 * 1000); cycle += 1) {
      library.clock.ms += 900_000;
      const before = library.looks;
      const due = isLookDue(library.input);
      library.cycle();
      assert.equal(due, library.looks > before, 'what is due is said before it is done');
      (library.looks > before ? each : idle).push(library.looks - before);
    }
    assert.ok(Math.max(...each) <= CHUNK, `${Math.max(...each)} in one cycle`);
    // Four windows.
    assert.ok(library.looks >= 3900 && library.looks <= 4200, `${library.looks} looks`);
    assert.ok(library.requests <= 84, `${library.requests} requests`);
    assert.ok(idle.length > each.length * 20);
  });

  it('comes to those that grew old and to those never proven in turn: neither waits for the other', () => {
    const library = new Library(DAY);
    library.add(200);
    library.cycle();
    library.clock.ms += 2 * DAY;
    library.add(200);
    library.cycle(4);
    const looked = library.rows.filter((row) => row.verifiedAt !== null && Date.parse(row.verifiedAt) > library.clock.ms - HOUR);
    const [old, fresh] = [looked.filter((row) => row.masterDocId <= 200), looked.filter((row) => row.masterDocId > 200)];
    assert.deepEqual([old.length, fresh.length], [100, 100]);
  });

  it('looks at all that was looked at before somebody asked for it', () => {
    const library = new Library(7 * DAY);
    library.add(120);
    library.cycle();
    library.clock.ms += HOUR;
    const demanded = isoTime(library.clock.ms);
    const chunks = [...take(rotation({ ...library.input, demanded }), library)];
    assert.deepEqual(chunks, [50, 50, 20]);
    assert.deepEqual([...take(rotation({ ...library.input, demanded }), library)], []);
  });

  it('looks at nobody twice where the clock is set back meanwhile', () => {
    const library = new Library(DAY);
    library.add(120);
    library.cycle();
    library.clock.ms += 2 * DAY;
    let looks = 0;
    for (const rows of rotation(library.input)) {
      library.clock.ms -= 12 * HOUR;
      for (const row of rows) library.store.registry.verified(row.id, { verification: 'matched', version: 1 }, isoTime(library.clock.ms - 5 * DAY));
      looks += rows.length;
    }
    assert.equal(looks, 120);
  });

  it('earns by time, and a pause earns a day', () => {
    assert.deepEqual(earn(null, 700, 7 * DAY, 5), { at: 5, credit: 0 });
    assert.deepEqual(earn({ at: 0, credit: 1 }, 700, 7 * DAY, DAY / 2), { at: DAY / 2, credit: 51 });
    assert.equal(earn({ at: 0, credit: 0 }, 700, 7 * DAY, 20 * DAY).credit, 100);
    assert.equal(earn({ at: 9, credit: 3 }, 700, 7 * DAY, 5).credit, 3, 'a clock that went back earns nothing');
  });
});

function* take(chunks: Generator<SyncRow[]>, library: Library): Generator<number> {
  for (const rows of chunks) {
    library.clock.ms += 10;
    for (const row of rows)
      library.store.registry.verified(row.id, { verification: 'matched', version: row.wantedVersion }, isoTime(library.clock.ms));
    yield rows.length;
  }
}
