/** The comparison can fail: whatever differs in value, order, presence or time is seen. */
import { strict as assert } from 'node:assert';
import { Comparison, type Answer } from './compare';
import type { RecordedResponse } from './recording';
import { Vocabulary } from './vocabulary';

const headers = { 'content-type': 'application/json', allow: 'GET' };

function recorded(json: unknown, more: Partial<RecordedResponse> = {}): RecordedResponse {
  return { status: 200, headers: { ...headers }, json, ...more };
}

function answer(json: unknown, more: Partial<Answer> = {}): Answer {
  return { status: 200, headers: { ...headers }, body: Buffer.from(JSON.stringify(json)), ...more };
}

function wrong(left: RecordedResponse, right: Answer, vocabulary = new Vocabulary('127.0.0.1:8000')): string[] {
  return new Comparison(vocabulary, left, right).differences.map((difference) => difference.where);
}

const earlier = '2026-11-21T08:28:06.345838+01:00';
const later = '2026-11-21T08:28:07.345838+01:00';

describe('comparing an answer with its recording', () => {
  it('finds equal answers equal', () => assert.deepEqual(wrong(recorded({ id: 1, title: 'x' }), answer({ id: 1, title: 'x' })), []));

  it('sees another value, another type, a missing and an additional key, another order of keys', () => {
    assert.deepEqual(wrong(recorded({ id: 1 }), answer({ id: 2 })), ['id']);
    assert.deepEqual(wrong(recorded({ id: 1 }), answer({ id: '1' })), ['id']);
    assert.deepEqual(wrong(recorded({ id: 1, title: 'x' }), answer({ id: 1 })), [' keys']);
    assert.deepEqual(wrong(recorded({ id: 1 }), answer({ id: 1, title: 'x' })), [' keys']);
    assert.deepEqual(wrong(recorded({ a: 1, b: 2 }), answer({ b: 2, a: 1 })), [' keys']);
  });

  it('sees another length and another order of a list, but for tags', () => {
    assert.deepEqual(wrong(recorded({ all: [1, 2] }), answer({ all: [1] })), ['all.length', 'all[1]']);
    assert.deepEqual(wrong(recorded({ all: [1, 2] }), answer({ all: [2, 1] })), ['all[0]', 'all[1]']);
    assert.deepEqual(wrong(recorded({ tags: [1, 2] }), answer({ tags: [2, 1] })), []);
    assert.deepEqual(wrong(recorded({ tags: [1, 2] }), answer({ tags: [2, 3] })), ['tags']);
  });

  it('sees another status, another header, one that is missing and one that was not sent', () => {
    assert.deepEqual(wrong(recorded({}), answer({}, { status: 201 })), ['status']);
    assert.deepEqual(wrong(recorded({}), answer({}, { headers: { ...headers, allow: 'POST' } })), ['allow']);
    assert.deepEqual(wrong(recorded({}), answer({}, { headers: { 'content-type': 'application/json' } })), ['allow']);
    assert.deepEqual(wrong(recorded({}), answer({}, { headers: { ...headers, etag: '"x"' } })), ['etag']);
  });

  it('sees a Content-Length that is another', () => {
    const left = recorded({ id: 1 }, { headers: { ...headers, 'content-length': '8' } });
    assert.deepEqual(wrong(left, answer({ id: 1 }, { headers: { ...headers, 'content-length': '9' } })), ['content-length']);
  });

  it('sees a time that moved where the recording stood still, and one that stood still where it moved', () => {
    const vocabulary = new Vocabulary('127.0.0.1:8000');
    assert.deepEqual(wrong(recorded({ modified: earlier }), answer({ modified: '2030-01-01T00:00:00.5+01:00' }), vocabulary), []);
    assert.deepEqual(wrong(recorded({ modified: earlier }), answer({ modified: '2030-01-01T00:00:00.6+01:00' }), vocabulary), ['modified']);
    assert.deepEqual(wrong(recorded({ modified: later }), answer({ modified: '2030-01-01T00:00:00.5+01:00' }), vocabulary), ['modified']);
    assert.deepEqual(wrong(recorded({ added: '2026-11-21T07:28:06.345838Z' }), answer({ added: '2029-12-31T23:00:00.5Z' }), vocabulary), []);
    assert.deepEqual(wrong(recorded({ added: '2026-11-21T07:28:06.345838Z' }), answer({ added: '2030-01-01T00:00:00.5+01:00' }), vocabulary), [
      'added',
    ]);
  });

  it('tells a float from a whole number', () => {
    assert.deepEqual(wrong(recorded({ value: rawJSON('1.0') }), answer({ value: 1 })), ['value']);
    assert.deepEqual(wrong(recorded({ value: rawJSON('1.0') }), answer({ value: rawJSON('1.0') })), []);
  });
});

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
