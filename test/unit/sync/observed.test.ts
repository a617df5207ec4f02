import assert from 'node:assert/strict';
import { changesSince, observe, readObserved } from '../../../src/sync/observed';
import { planDocument } from '../../../src/sync/plan-document';
import { ReplicaView } from '../../../src/sync/replica-view';
import { capabilitiesOf } from '../../../src/paperless/capabilities';
import { collections, field, wire } from './support';

const TEXT = 9;
const LINKS = 4;
const view = new ReplicaView(
  collections({ customField: [field(TEXT, 'Text', 'string'), field(LINKS, 'See', 'documentlink')] }),
  1,
  capabilitiesOf('3.0.5'),
);

type Copy = ReturnType<typeof wire> & { content?: string };
const copy = (change: Partial<Copy> = {}): Copy => ({ ...wire({ title: 'A' }), content: 'text', ...change });
const having = (links: unknown, text: unknown = 't') => [
  { field: LINKS, value: links },
  { field: TEXT, value: text },
];

/** What became of `before` as it is `now`, where it is to be as it was. */
function changes(before: Copy, now: Copy): ReturnType<typeof changesSince> {
  const { title, created, correspondent, documentType, storagePath, tags, archiveSerialNumber, owner, permissions } = before;
  const target = { title, created, correspondent, documentType, storagePath, tags, archiveSerialNumber, owner, permissions };
  const customFields = [...before.customFields].sort((a, b) => a.field - b.field);
  const wanted = { ...target, customFields, notes: before.notes.map(({ note }) => note), content: undefined, contentHash: undefined };
  return changesSince(observe(view, before), observe(view, now), planDocument(wanted, now).differences);
}

describe('what a copy had when it was last read back', () => {
  it('comes back from the registry as it went there', () => {
    const seen = observe(view, copy({ customFields: having([3, 2]) }));
    assert.deepEqual(readObserved(JSON.stringify(seen)), seen);
    assert.equal(readObserved(null), null);
  });

  it('tells the fields that changed since, and no others', () => {
    const before = copy({ customFields: having([2]) });
    assert.deepEqual(changes(before, copy({ title: 'B', archiveSerialNumber: 7, customFields: having([2], 'u') })), {
      fields: ['title', 'archive_serial_number', `custom_fields.${TEXT}`],
      links: [],
    });
  });

  it('tells which links came and which went, in whatever order they are', () => {
    const before = copy({ customFields: having([2, 3, 5]) });
    assert.deepEqual(changes(before, copy({ customFields: having([7, 5, 2]) })), {
      fields: [],
      links: [
        { field: LINKS, other: 7, there: true },
        { field: LINKS, other: 3, there: false },
      ],
    });
    assert.deepEqual(changes(before, copy({ customFields: having([5, 3, 2]) })), { fields: [], links: [] });
  });

  it('takes a field that links brought, empty again, for nothing; one that was taken away for a change', () => {
    const without = copy({ customFields: having([]).slice(1) });
    assert.deepEqual(changes(without, copy({ customFields: having([]) })), { fields: [], links: [] });
    assert.deepEqual(changes(without, copy({ customFields: having([2]) })).links, [{ field: LINKS, other: 2, there: true }]);
    assert.deepEqual(changes(copy({ customFields: having([2]) }), without), { fields: [`custom_fields.${LINKS}`], links: [] });
  });

  it('has nothing to do with what is wanted otherwise now', () => {
    const now = copy({ title: 'A', correspondent: 3, customFields: having([2]) });
    const seen = observe(view, now);
    const differences = [
      { field: 'title', wanted: 'Z', found: 'A' },
      { field: 'correspondent', wanted: 'A name', found: 3 },
      { field: 'custom field "New"', wanted: 'a value', found: null, missing: true as const },
      { field: 'custom_fields', wanted: having([5], 'w'), found: having([2]) },
    ];
    assert.deepEqual(changesSince(seen, seen, differences), { fields: [], links: [] });
  });

  it('counts as changed what was not looked at', () => {
    const seen = observe(view, copy());
    assert.deepEqual(changesSince(seen, seen, [{ field: 'file', wanted: 'a', found: 'b' }]).fields, ['file']);
  });
});
