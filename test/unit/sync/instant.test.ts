import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromMicros, isoTime, toMicros } from '../../../src/sync/instant';

const RUNS = { numRuns: 10_000 };

describe('instants', function () {
  this.timeout(30_000);
  it('keep all six digits, in any zone', () => {
    assert.equal(toMicros('2026-11-21T08:28:06.345838+01:00'), toMicros('2026-11-21T07:28:06.345838Z'));
    assert.equal(toMicros('2026-11-21T07:28:06Z') + 1, toMicros('2026-11-21T07:28:06.000001Z'));
    assert.equal(toMicros('2026-11-21T07:28:06.5Z'), toMicros('2026-11-21T07:28:06.500000Z'));
  });

  it('come back as they went, for all times that paperless can hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9_000_000_000_000_000, max: 9_000_000_000_000_000 }), (micros) => {
        assert.equal(toMicros(fromMicros(micros)), micros);
        assert.match(fromMicros(micros), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u);
      }),
      RUNS,
    );
  });

  it('are ordered as their texts are', () => {
    fc.assert(
      fc.property(fc.nat(4_000_000_000_000), fc.nat(4_000_000_000_000), (a, b) => {
        assert.equal(a < b, fromMicros(a) < fromMicros(b));
      }),
      RUNS,
    );
  });

  it('without an offset are refused, and so is what is no time', () => {
    for (const text of ['2026-11-21T07:28:06', '2026-11-21', 'yesterday', '']) assert.throws(() => toMicros(text), RangeError);
    assert.equal(isoTime(0), '1970-01-01T00:00:00.000Z');
  });
});
