import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shareOf, walkNow, type Walk } from '../../../src/sync/byte-walk';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('The pace of the walk over stored files', () => {
  it('reads everything within the window and one cycle, whatever the intervals and however the library grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.record({ wait: fc.integer({ min: 60_000, max: 5 * DAY }), grow: fc.nat({ max: 20 }) }), { minLength: 1, maxLength: 60 }),
        (days, documents, cycles) => {
          const windowMs = days * DAY;
          let now = Date.UTC(2026, 0, 1);
          const lastRead = Array.from({ length: documents }, () => now);
          let walk: Walk | null = null;
          let longest = 0;
          for (const { wait, grow } of cycles) {
            now += wait;
            longest = Math.max(longest, wait);
            walk = walkNow(walk, walk === null ? 0 : walk.upTo - walk.after, { windowMs, now, lastRow: lastRead.length });
            const due: number = shareOf(walk, walk.upTo - walk.after, windowMs, now);
            assert.ok(due >= 0 && due <= walk.upTo - walk.after);
            if (due > 0) walk.last = now;
            for (let row = walk.after; row < walk.after + due; row += 1) lastRead[row] = now;
            walk.after += due;
            if (now >= walk.begun + windowMs) assert.equal(walk.after, walk.upTo, 'the window is over and something is unread');
            // Begun anew from the walk before, so that a row comes at its place in both.
            assert.ok(now - Math.min(...lastRead) <= 2 * windowMs + 3 * longest);
            for (let n = 0; n < grow; n += 1) lastRead.push(now);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is even: about half of it in half of the window, and nothing twice', () => {
    let walk = walkNow(null, 0, { windowMs: 10 * DAY, now: 0, lastRow: 1000 });
    let read = 0;
    for (let now = 0; now < 5 * DAY; now += HOUR) {
      const due = shareOf(walk, 1000 - read, 10 * DAY, now);
      if (due > 0) walk = { ...walk, last: now };
      read += due;
      assert.ok(due <= 5, `${due} in one hour`);
    }
    assert.ok(read >= 450 && read <= 500, `${read} of 1000`);
  });

  it('waits for its time before it begins anew, and begins where the last one ended', () => {
    const done: Walk = { begun: 0, last: DAY, after: 50, upTo: 50, cut: 3 };
    assert.equal(walkNow(done, 0, { windowMs: 10 * DAY, now: 9 * DAY, lastRow: 60 }), done);
    assert.deepEqual(walkNow(done, 0, { windowMs: 10 * DAY, now: 11 * DAY, lastRow: 60 }), {
      begun: 10 * DAY,
      last: 10 * DAY,
      after: 0,
      upTo: 60,
      cut: null,
    });
    assert.deepEqual(walkNow(done, 0, { windowMs: 10 * DAY, now: 90 * DAY, lastRow: 60 }), {
      begun: 90 * DAY,
      last: 90 * DAY,
      after: 0,
      upTo: 60,
      cut: null,
    });
    assert.equal(walkNow(done, 2, { windowMs: 10 * DAY, now: 90 * DAY, lastRow: 60 }), done, 'something is left of it');
  });
});
