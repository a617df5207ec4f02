import assert from 'node:assert/strict';
import { heldCode, saidReasons, sayHeld } from '../../../src/sync/held';

describe('why a row is held', () => {
  it('is a code in the registry and a sentence for people', () => {
    const row = { status: 'held', reasons: ['drift-decided', 'anna'] } as const;
    const held = { ...row, reasons: [...row.reasons] };
    assert.equal(heldCode(held), 'drift-decided');
    assert.deepEqual(saidReasons(held), ['It was changed on the replica and is kept as it is there until the master changes it: decided by anna.']);
  });

  it('names who undoes what is written, where that is known', () => {
    assert.match(sayHeld({ code: 'changed-back', about: ['workflow "W"', 'replica-1'] }), /workflow "W" on replica-1 does that/u);
    assert.match(sayHeld({ code: 'changed-back', about: ['', 'replica-1'] }), /a workflow or a matching rule on the replica does that/u);
    assert.match(sayHeld({ code: 'gone-again', about: ['', 'replica-1'] }), /a workflow or somebody on the replica trashes it/u);
  });

  it('is a sentence as it was where an earlier release wrote one', () => {
    assert.deepEqual(saidReasons({ status: 'held', reasons: ['told', 'It was repaired twice.'] }), ['It was repaired twice.']);
  });

  it('is nothing that other rows have: their reasons stay codes', () => {
    const limited = { status: 'limited', reasons: ['dangling-link'] } as const;
    assert.equal(heldCode({ ...limited, reasons: [...limited.reasons] }), null);
    assert.deepEqual(saidReasons({ ...limited, reasons: [...limited.reasons] }), ['dangling-link']);
    assert.equal(heldCode({ status: 'held', reasons: [] }), null);
  });
});
