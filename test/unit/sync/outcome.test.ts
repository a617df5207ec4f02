import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PaperlessError, type ErrorClass } from '../../../src/paperless';
import type { SyncRow } from '../../../src/state';
import { SpoolFullError } from '../../../src/sync/environment';
import { documentError, explain, failureMove, passingError } from '../../../src/sync/outcome';
import type { Run } from '../../../src/sync/run';

const NOW = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;

function run(float = 0.5): Run {
  const settings = { quarantineAfter: 10, retryBaseMs: MINUTE, retryCapMs: 240 * MINUTE };
  return { settings, env: { now: () => NOW, random: { float: () => float } } } as unknown as Run;
}

const row = (retryCount: number): SyncRow => ({ retryCount }) as unknown as SyncRow;

function wait(retryCount: number, error: unknown, float = 0.5): number {
  const move = failureMove(run(float), row(retryCount), error);
  assert.equal(move.to, 'error');
  return Date.parse(move.nextRetryAt) - NOW;
}

describe('what an error makes of a row', () => {
  it('is a retry whose pause doubles up to its cap', () => {
    const pauses = Array.from({ length: 9 }, (_, n) => wait(n, documentError('x', 'm', 'n')) / MINUTE);
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 240]);
  });

  it('waits for a person at once where each attempt would leave something on the replica', () => {
    assert.equal(failureMove(run(), row(0), documentError('no-document-made', 'm', 'n')).to, 'quarantined');
  });

  it('spreads retries by a quarter each way, so that what failed together does not come back together', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (count, float) => {
        const ms = wait(count, passingError('x', 'm', 'n'), float);
        const base = Math.min(MINUTE * 2 ** count, 240 * MINUTE);
        assert.ok(ms >= base * 0.75 - 1 && ms <= base * 1.25 + 1);
      }),
      { numRuns: 10_000 },
    );
  });

  it("keeps to the server's own time where that is later", () => {
    const error = new PaperlessError({ class: 'retry-after', code: 'x', message: 'm', nextStep: 'n', retryAfterMs: 10 * MINUTE });
    assert.equal(wait(0, error), 10 * MINUTE);
    assert.equal(wait(8, error), 240 * MINUTE);
  });

  it('is quarantine at the tenth time, but never for what is passing', () => {
    const classes: Record<ErrorClass, string> = {
      document: 'quarantined',
      instance: 'quarantined',
      aborted: 'quarantined',
      retry: 'error',
      'retry-after': 'error',
      'unknown-outcome': 'error',
    };
    for (const [errorClass, to] of Object.entries(classes)) {
      const error = new PaperlessError({ class: errorClass as ErrorClass, code: 'x', message: 'm', nextStep: 'n' });
      assert.equal(failureMove(run(), row(9), error).to, to, errorClass);
      assert.equal(failureMove(run(), row(8), error).to, 'error', errorClass);
    }
  });
});

describe('an error in words', () => {
  it('keeps the sentence and the next step of those that have them', () => {
    const known = new PaperlessError({ class: 'document', code: 'refused', message: 'No.', nextStep: 'Do this.', fields: { title: 'too long' } });
    assert.deepEqual(explain(known), { errorClass: 'document', code: 'refused', message: 'No. (title: too long)', nextStep: 'Do this.' });
    assert.deepEqual(explain(new SpoolFullError('Full.', 'Make room.')), {
      errorClass: 'retry',
      code: 'spool-full',
      message: 'Full.',
      nextStep: 'Make room.',
    });
  });

  it('says of what nobody foresaw that it is unforeseen, in bounds, and what to do', () => {
    for (const error of [new TypeError('x'.repeat(5000)), 'a text', null, undefined, { an: 'object' }]) {
      const told = explain(error);
      assert.deepEqual([told.errorClass, told.code], ['retry', 'unexpected']);
      assert.ok(told.message.length <= 500 && told.nextStep !== '');
    }
  });
});
