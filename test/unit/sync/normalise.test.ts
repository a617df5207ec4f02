import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capabilitiesOf } from '../../../src/paperless/capabilities';
import { normalise, uploadName, uploadTitle } from '../../../src/sync/normalise';
import { wanted } from './support';
import { nonceIn } from '../../../src/sync/upload-mark';

const RUNS = { numRuns: 10_000 };
const three = capabilitiesOf('3.0.5');
const two = capabilitiesOf('2.20.15');
const title = fc.string({ unit: fc.constantFrom('a', 'ä', '😀', ' ', '\u3000', '{', '}', '%', '\n', '['), maxLength: 200 });

describe('what paperless makes of a document', function () {
  this.timeout(30_000);

  it('is the same when it is made of it again', () => {
    fc.assert(
      fc.property(title, fc.constantFrom(two, three), (text, capabilities) => {
        const once = normalise(wanted({ title: text, content: `${text} ` }), capabilities).document;
        assert.deepEqual(normalise(once, capabilities).document, once);
        assert.ok(Array.from(once.title).length <= 128);
      }),
      RUNS,
    );
  });

  it('leaves out a date that this version stores only with an error, and says so', () => {
    for (const [created, capabilities, kept] of [
      ['1677-12-31', three, false],
      ['1678-01-01', three, true],
      ['2261-12-31', three, true],
      ['2262-01-01', three, false],
      ['0999-01-01', two, true],
      ['9999-12-31', two, true],
    ] as const) {
      const { created: left, limits } = normalise(wanted({ created }), capabilities);
      assert.deepEqual([left, limits], kept ? [created, []] : [undefined, ['created-out-of-range']], created);
    }
  });

  it('changes nothing else', () => {
    const given = wanted({ title: 'T', tags: ['A/B'], notes: [' n '], archive_serial_number: 0 });
    assert.deepEqual(normalise(given, three).document, given);
  });
});

describe('the title of an upload', function () {
  this.timeout(30_000);

  it('carries its nonce whole, within what a template and the database leave of it', () => {
    fc.assert(
      fc.property(title, fc.stringMatching(/^[0-9a-f]{10}$/u), (text, nonce) => {
        const given = uploadTitle(text, nonce);
        assert.ok(given.endsWith(` [pngx:${nonce}]`));
        assert.ok(Array.from(given).length <= 127);
        assert.ok(!/[{}]/u.test(given), 'a template would trip over it');
        assert.ok(nonceIn(given) !== undefined);
      }),
      RUNS,
    );
  });
});

describe('the name of an upload', function () {
  this.timeout(30_000);
  const name = fc.string({ unit: fc.constantFrom('a', 'ü', 'u\u0308', '😀', '.', ' '), minLength: 1, maxLength: 300 });

  it('fits the disk, keeps its extension, and is only shortened when it must be', () => {
    fc.assert(
      fc.property(name, fc.constantFrom('', '.pdf', '.PDF'), fc.constantFrom(two, three), (stem, extension, capabilities) => {
        const { name: given, shortened } = uploadName(stem + extension, 'fallback', capabilities);
        assert.ok(Buffer.byteLength(given) <= 253);
        const folded = capabilities.foldsFileNames ? (stem + extension).normalize('NFC') : stem + extension;
        if (Buffer.byteLength(folded) <= 253) assert.deepEqual([given, shortened], [folded, false]);
        else assert.ok(shortened && given.endsWith(extension), given);
      }),
      RUNS,
    );
  });

  it('is made up where the master has none', () => {
    assert.deepEqual(uploadName(null, 'document-7.pdf', three), { name: 'document-7.pdf', shortened: false });
  });

  it('is composed on 3.x alone', () => {
    assert.equal(uploadName('o\u0308.txt', '', three).name, 'ö.txt');
    assert.equal(uploadName('o\u0308.txt', '', two).name, 'o\u0308.txt');
  });
});
