import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WireDocumentWithContent } from '../../../src/paperless';
import { isEmpty, planDocument, type DocumentPlan } from '../../../src/sync/plan-document';
import type { TargetDocument } from '../../../src/sync/target';
import { contentHash, strip } from '../../../src/sync/text';

const RUNS = { numRuns: 10_000 };

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 });
const ascending = (list: number[]): number[] => [...list].sort((a, b) => a - b);
const principals = fc.record({ users: ids, groups: ids });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const word = fc.constantFrom('', 'a', 'b', 'Ä', 'b\nc');

const target: fc.Arbitrary<TargetDocument> = fc
  .record({
    title: word,
    created: fc.constantFrom(undefined, '2024-01-01', '2025-05-05'),
    content: fc.option(word, { nil: undefined }),
    hashAlone: fc.boolean(),
    correspondent: maybe(fc.nat(3)),
    documentType: maybe(fc.nat(3)),
    storagePath: maybe(fc.nat(3)),
    tags: ids.map(ascending),
    archiveSerialNumber: maybe(fc.nat(3)),
    customFields: fc.uniqueArray(fc.record({ field: fc.integer({ min: 1, max: 4 }), value: fc.constantFrom(null, 'x', 7, false, [1, 2]) }), {
      selector: (f) => f.field,
      maxLength: 3,
    }),
    notes: fc.array(word, { maxLength: 4 }),
    owner: fc.constantFrom(undefined, null, 1, 2),
    permissions: fc.option(fc.record({ view: principals, change: principals }), { nil: undefined }),
  })
  .map(({ hashAlone, ...rest }) => ({
    ...rest,
    customFields: rest.customFields.sort((a, b) => a.field - b.field),
    contentHash: rest.content === undefined ? undefined : contentHash(rest.content),
    content: hashAlone ? undefined : rest.content,
  }));

const found: fc.Arbitrary<WireDocumentWithContent> = fc
  .record({
    title: word,
    created: fc.constantFrom('2024-01-01', '2025-05-05'),
    content: word,
    correspondent: maybe(fc.nat(3)),
    documentType: maybe(fc.nat(3)),
    storagePath: maybe(fc.nat(3)),
    tags: ids,
    archiveSerialNumber: maybe(fc.nat(3)),
    customFields: fc.uniqueArray(fc.record({ field: fc.integer({ min: 1, max: 4 }), value: fc.constantFrom(null, 'x', 7, false, [1, 2]) }), {
      selector: (f) => f.field,
      maxLength: 3,
    }),
    notes: fc.array(word, { maxLength: 4 }),
    owner: maybe(fc.integer({ min: 1, max: 2 })),
    permissions: fc.record({ view: principals, change: principals }),
  })
  .map((fields) => ({
    ...fields,
    id: 1,
    modified: '2026-01-01T00:00:00Z',
    added: '2026-01-01T00:00:00Z',
    originalFileName: null,
    archivedFileName: null,
    mimeType: 'text/plain',
    pageCount: null,
    versions: [],
    notes: fields.notes.map((note, n) => ({ id: n + 1, note, created: '2026-01-01T00:00:00Z', user: null })),
  }));

/** What paperless makes of a plan's requests. */
function applied(document: WireDocumentWithContent, { patch, notes }: DocumentPlan): WireDocumentWithContent {
  const next = { ...document };
  const stored = (value: unknown): unknown => (typeof value === 'string' ? strip(value) : value);
  for (const [key, value] of Object.entries(patch) as [string, unknown][]) if (value !== undefined) Object.assign(next, { [key]: stored(value) });
  let last = Math.max(0, ...document.notes.map((note) => note.id));
  next.notes = document.notes.filter((note) => !notes.remove.includes(note.id));
  for (const note of notes.add) next.notes.push({ id: ++last, note, created: '2026-01-02T00:00:00Z', user: null });
  return next;
}

describe('the plan of a document', function () {
  this.timeout(30_000);
  it('applied leaves an empty plan; where only a hash of the text is known, nothing but the text', () => {
    fc.assert(
      fc.property(target, found, (wanted, document) => {
        const after = planDocument(wanted, applied(document, planDocument(wanted, document)));
        assert.ok(isEmpty(after) || (wanted.content === undefined && after.differences.every((d) => d.field === 'content')), JSON.stringify(after));
        assert.deepEqual([after.patch, after.notes], [{}, { remove: [], add: [] }]);
      }),
      RUNS,
    );
  });

  it('says nothing of what is equal, and names each field that is not', () => {
    fc.assert(
      fc.property(target, found, (wanted, document) => {
        const plan = planDocument(wanted, document);
        const told = new Set(plan.differences.map((d) => d.field));
        assert.equal(told.size, plan.differences.length);
        const snake = (key: string): string => key.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
        for (const key of Object.keys(plan.patch)) assert.ok(told.has(snake(key)), key);
        assert.equal(told.has('notes'), plan.notes.add.length + plan.notes.remove.length > 0);
      }),
      RUNS,
    );
  });

  it('of one that was only just uploaded sends every field that is wanted', () => {
    fc.assert(
      fc.property(target, (wanted) => {
        const plan = planDocument(wanted, null);
        assert.equal(plan.patch.title, wanted.title);
        assert.deepEqual(plan.patch.tags, wanted.tags);
        assert.deepEqual(plan.patch.customFields, wanted.customFields);
        assert.deepEqual('owner' in plan.patch, wanted.owner !== undefined);
        assert.deepEqual('permissions' in plan.patch, wanted.permissions !== undefined);
        assert.deepEqual('created' in plan.patch, wanted.created !== undefined);
        assert.deepEqual(plan.notes, { remove: [], add: wanted.notes });
      }),
      RUNS,
    );
  });

  it("keeps the notes that stand in their place, and takes away none that needn't go", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), found, (notes, document) => {
        const base = { ...planTarget(document), notes };
        const plan = planDocument(base, document);
        const kept = document.notes.filter((note) => !plan.notes.remove.includes(note.id)).map((note) => note.note);
        assert.deepEqual([...kept, ...plan.notes.add], notes);
        assert.deepEqual(kept, notes.slice(0, kept.length));
        assert.ok(kept.length === notes.length || kept.length === document.notes.length || notes[kept.length] !== document.notes[kept.length]?.note);
      }),
      RUNS,
    );
  });

  it('does not depend on the order of tags, fields and grants', () => {
    fc.assert(
      fc.property(target, found, (wanted, document) => {
        const turned = {
          ...document,
          tags: [...document.tags].reverse(),
          customFields: [...document.customFields].reverse(),
          permissions: {
            view: { users: [...document.permissions.view.users].reverse(), groups: [...document.permissions.view.groups].reverse() },
            change: { users: [...document.permissions.change.users].reverse(), groups: [...document.permissions.change.groups].reverse() },
          },
        };
        assert.deepEqual(planDocument(wanted, turned).patch, planDocument(wanted, document).patch);
      }),
      RUNS,
    );
  });

  it('never sends a key that paperless would take for more than it is', () => {
    const allowed = [
      'title',
      'created',
      'content',
      'correspondent',
      'documentType',
      'storagePath',
      'tags',
      'archiveSerialNumber',
      'customFields',
      'owner',
      'permissions',
    ];
    fc.assert(
      fc.property(target, found, (wanted, document) => {
        for (const key of Object.keys(planDocument(wanted, document).patch)) assert.ok(allowed.includes(key), key);
      }),
      RUNS,
    );
  });
});

/** A target that the document already is. */
function planTarget(document: WireDocumentWithContent): TargetDocument {
  return {
    title: document.title,
    created: document.created,
    content: document.content,
    contentHash: contentHash(document.content),
    correspondent: document.correspondent,
    documentType: document.documentType,
    storagePath: document.storagePath,
    tags: ascending(document.tags),
    archiveSerialNumber: document.archiveSerialNumber,
    customFields: [...document.customFields].sort((a, b) => a.field - b.field),
    notes: document.notes.map((note) => note.note),
    owner: document.owner,
    permissions: document.permissions,
  };
}
