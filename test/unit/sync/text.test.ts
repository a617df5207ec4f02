import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contentHash, cut, joinPath, splitPath, stableJson, strip } from '../../../src/sync/text';

const RUNS = { numRuns: 10_000 };

describe('text', function () {
  this.timeout(30_000);
  it("strips what Python's strip() strips, and no more", () => {
    // str.isspace() is true of exactly these.
    const blank = [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];
    for (let code = 0x2000; code <= 0x200a; code += 1) blank.push(code);
    for (let code = 0; code <= 0xffff; code += 1) {
      const letter = String.fromCharCode(code);
      assert.equal(strip(`${letter}x${letter}`), blank.includes(code) ? 'x' : `${letter}x${letter}`, `U+${code.toString(16)}`);
    }
  });

  it('strips once and for all', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(' ', '\n', '\u3000', 'a', '\ufeff', '\u0085') }), (text) => {
        assert.equal(strip(strip(text)), strip(text));
      }),
      RUNS,
    );
  });

  it('strips a long run of blanks in no time', () => {
    assert.equal(strip(`a${' '.repeat(2_000_000)}b${' '.repeat(2_000_000)}`).length, 2_000_002);
  });

  it('cuts by code points, as Python does', () => {
    assert.equal(cut('a😀b', 2), 'a😀');
    assert.equal(cut('😀'.repeat(200), 128), '😀'.repeat(128));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'ä', '😀', '\u0301'), maxLength: 40 }), fc.nat(30), (text, length) => {
        const short = cut(text, length);
        assert.ok(text.startsWith(short) && Array.from(short).length === Math.min(length, Array.from(text).length));
      }),
      RUNS,
    );
  });

  it('hashes texts alike that a PATCH makes alike', () => {
    assert.equal(contentHash(' a\n'), contentHash('a'));
    assert.notEqual(contentHash('a b'), contentHash('a  b'));
  });

  it('writes equal values as equal JSON, whatever the order of their keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(stableJson(turned), stableJson(value));
        assert.equal(stableJson(JSON.parse(stableJson(value))), stableJson(value));
      }),
      RUNS,
    );
    assert.notEqual(stableJson([1, 2]), stableJson([2, 1]));
  });

  it('joins names to a path and takes it apart again, whatever is in the names', () => {
    const name = fc
      .string({ unit: fc.constantFrom('a', '/', '\\', ' ', 'é'), minLength: 1 })
      .filter((text) => text.trim() !== '' && text.trim() === text);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        assert.deepEqual(splitPath(joinPath(names)), names);
      }),
      RUNS,
    );
    assert.deepEqual(splitPath(' Finance / /Tax '), ['Finance', 'Tax']);
  });
});
