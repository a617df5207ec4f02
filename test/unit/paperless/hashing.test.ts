import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { hashing } from '../../../src/paperless/hashing';
import { idChunks, query } from '../../../src/paperless/query';

async function* chunks(...texts: string[]) {
  for (const text of texts) {
    await Promise.resolve();
    yield Buffer.from(text) as Uint8Array;
  }
}

describe('hashing in flight', () => {
  it('gives SHA-256, MD5 and size of what passed, unchanged', async () => {
    const { chunks: passed, result } = hashing(chunks('ab', '', 'c'));
    assert.throws(result, /before the last chunk/);
    const seen: Uint8Array[] = [];
    for await (const chunk of passed) seen.push(chunk);
    assert.equal(Buffer.concat(seen).toString(), 'abc');
    assert.deepEqual(result(), {
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      md5: createHash('md5').update('abc').digest('hex'),
      size: 3,
    });
  });

  it('gives nothing for half a file', async () => {
    const { chunks: passed, result } = hashing(chunks('a', 'b'));
    for await (const _ of passed) break;
    assert.throws(result);
  });
});

describe('a query', () => {
  it('leaves out what is undefined and refuses what is blank', () => {
    assert.equal(query({ a: undefined }), '');
    assert.equal(query({ a: 1, b: true, c: [1, 2], d: 'x y&z=ü+' }), '?a=1&b=true&c=1,2&d=x%20y%26z%3D%C3%BC%2B');
    for (const blank of ['', ' ', [] as number[]]) assert.throws(() => query({ id__in: blank }), /id__in is empty/);
    assert.throws(() => query({ a: Number.POSITIVE_INFINITY }), TypeError);
  });

  it('survives a broken character', () => {
    assert.equal(query({ a: 'x\ud800' }), '?a=x%EF%BF%BD');
  });

  it('of ids never exceeds its share of a URL, however long the rest is', () => {
    assert.deepEqual(idChunks([], 100), []);
    assert.deepEqual(idChunks([1, 1, 2], 100), [[1, 2]]);
    assert.deepEqual(idChunks([11, 22, 33], 7995), [[11], [22], [33]]);
  });
});
