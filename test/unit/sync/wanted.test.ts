import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseItem, parseWanted, sameWanted, type WantedDocument } from '../../../src/sync/wanted';
import { wanted } from './support';

function problem(change: Record<string, unknown>): string {
  const parsed = parseItem({ id: 1, version: 2, document: { ...wanted(), ...change } });
  assert.ok('problem' in parsed, JSON.stringify(change));
  assert.equal(parsed.id, 1);
  return parsed.problem;
}

describe('an item as the flow gives it back', function () {
  this.timeout(30_000);

  it('is taken as it is when it makes sense', () => {
    const document = wanted({ content: 'own', tags: ['A/B'], custom_fields: [{ field: 'F', value: { any: 'thing' } }] });
    assert.deepEqual(parseItem({ id: 1, version: 2, document, reason: 'new', more: 'ignored' }), { item: { id: 1, version: 2, document } });
  });

  it('is told by the place of its mistake otherwise', () => {
    assert.match(problem({ created: '2024-02-30' }), /document\.created/u);
    assert.match(problem({ created: '06.05.2024' }), /document\.created/u);
    assert.match(problem({ title: null }), /document\.title/u);
    assert.match(problem({ title: 'a\0b' }), /NUL/u);
    assert.match(problem({ tags: ['ok', ' '] }), /document\.tags\.1/u);
    assert.match(problem({ tags: 'A' }), /document\.tags/u);
    assert.match(problem({ correspondent: 'x'.repeat(129) }), /document\.correspondent/u);
    assert.match(problem({ archive_serial_number: -1 }), /archive_serial_number/u);
    assert.match(problem({ archive_serial_number: 4294967296 }), /archive_serial_number/u);
    assert.match(problem({ archive_serial_number: '5' }), /archive_serial_number/u);
    assert.match(problem({ custom_fields: { F: 1 } }), /custom_fields/u);
    assert.match(problem({ permissions: {} }), /permissions\.view/u);
  });

  it("without an id is nobody's", () => {
    for (const raw of [null, 7, 'x', {}, { id: 'one' }, [], { id: 1.5, document: wanted() }]) {
      const parsed = parseItem(raw);
      assert.ok('problem' in parsed && parsed.id === null, JSON.stringify(raw));
    }
  });

  it('never ends in an error, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (raw) => {
        const parsed = parseItem(raw);
        assert.ok('item' in parsed || parsed.problem !== '');
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('a wanted document', function () {
  this.timeout(30_000);
  const text = fc.string({ maxLength: 5 }).filter((t) => !t.includes('\0'));
  const document: fc.Arbitrary<WantedDocument> = fc
    .record({
      title: text,
      notes: fc.array(text, { maxLength: 3 }),
      custom_fields: fc.array(fc.record({ field: fc.constantFrom('A', 'B'), value: fc.jsonValue({ maxDepth: 1 }) }), { maxLength: 3 }),
    })
    .map((change) => wanted(change));

  it('comes back from the registry as it went there', () => {
    fc.assert(
      fc.property(document, (given) => {
        // As JSON keeps it: minus zero is zero there.
        const kept = JSON.parse(JSON.stringify(given)) as WantedDocument;
        assert.deepEqual(parseWanted(JSON.stringify(given)), kept);
        assert.ok(sameWanted(given, parseWanted(JSON.stringify(given))));
      }),
      { numRuns: 10_000 },
    );
  });

  it('is not the same when anything differs', () => {
    assert.ok(!sameWanted(wanted(), wanted({ title: 'Other' })));
    assert.ok(!sameWanted(wanted(), wanted({ content: '' })));
    assert.ok(!sameWanted(wanted({ notes: ['a', 'b'] }), wanted({ notes: ['b', 'a'] })));
  });
});
