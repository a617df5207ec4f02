import assert from 'node:assert/strict';
import { NodeError, toNodeError } from '../../nodes/shared/errors';
import { StatusLine, type Ticker } from '../../nodes/shared/status';
import { PaperlessError } from '../../src/paperless/errors';

/** A clock that a test moves. */
class Clock implements Ticker {
  #now = 0;
  #calls: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const entry = { at: this.#now + milliseconds, call };
    this.#calls.push(entry);
    return () => {
      this.#calls = this.#calls.filter((each) => each !== entry);
    };
  }

  get waiting(): number {
    return this.#calls.length;
  }

  forward(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#calls.filter(({ at }) => at <= this.#now);
    this.#calls = this.#calls.filter(({ at }) => at > this.#now);
    for (const { call } of due) call();
  }
}

describe('the status of a node', () => {
  const fixture = () => {
    const clock = new Clock();
    const shown: string[] = [];
    const line = new StatusLine((status) => shown.push(status.text ?? ''), clock);
    return { clock, shown, line };
  };

  it('is told at most once a second, the last one always', () => {
    const { clock, shown, line } = fixture();
    for (let n = 1; n <= 100; n += 1) {
      line.set({ text: String(n) });
      clock.forward(10);
    }
    assert.deepEqual(shown, ['1', '100']);
    line.set({ text: 'a' });
    line.set({ text: 'b' });
    assert.deepEqual(shown, ['1', '100']);
    clock.forward(1000);
    assert.deepEqual(shown, ['1', '100', 'b']);
  });

  it('is told only when it changed, also after it went to and fro', () => {
    const { clock, shown, line } = fixture();
    line.set({ text: 'a' });
    clock.forward(5000);
    line.set({ text: 'a' });
    clock.forward(100);
    line.set({ text: 'b' });
    line.set({ text: 'a' });
    line.set({ text: 'b' });
    clock.forward(1000);
    assert.deepEqual(shown, ['a', 'b']);
  });

  it('leaves nothing behind when it is closed', () => {
    const { clock, shown, line } = fixture();
    line.set({ text: 'a' });
    line.set({ text: 'b' });
    assert.equal(clock.waiting, 1);
    line.close();
    assert.equal(clock.waiting, 0);
    clock.forward(5000);
    assert.deepEqual(shown, ['a']);
  });
});

describe('an error on its way to a Catch node', () => {
  const untranslated = (key: string): string => key;

  it('keeps class, code and next step, and prints as its sentence alone', () => {
    const error = toNodeError(
      new PaperlessError({ class: 'instance', code: 'login-page', message: 'A login page answered.', nextStep: 'Look at the proxy.' }),
      untranslated,
    );
    assert.deepEqual(error.cause, { class: 'instance', code: 'login-page', nextStep: 'Look at the proxy.' });
    assert.equal(String(error), 'A login page answered.');
    assert.equal(Object.hasOwn(error, 'stack'), false);
  });

  it('says once what to do where the message says it, too', () => {
    const thrown = Object.assign(new Error('The key is wrong. Use the old one.'), { code: 'secret_key', nextStep: 'Use the old one.' });
    const error = toNodeError(thrown, untranslated);
    assert.equal(error.message, 'The key is wrong.');
    assert.equal(error.class, 'state');
  });

  it('is in the language of the catalogue where that has the code', () => {
    const german = (key: string): string => (key.endsWith(':errors.no-ticket') ? 'Diese Nachricht hat kein Ticket.' : (key.split(':')[1] ?? key));
    const error = new NodeError({ class: 'input', code: 'no-ticket', nextStep: 'n' }, 'No ticket.');
    assert.equal(toNodeError(error, german).message, 'Diese Nachricht hat kein Ticket.');
    const other = new NodeError({ class: 'input', code: 'other', nextStep: 'n' }, 'Another.');
    assert.equal(toNodeError(other, german).message, 'Another.');
  });

  it('is unexpected when nobody gave it a code, and asks to be reported', () => {
    const error = toNodeError(new TypeError('x is not a function'), untranslated);
    assert.equal(error.code, 'unexpected');
    assert.match(error.nextStep, /report/);
  });
});
