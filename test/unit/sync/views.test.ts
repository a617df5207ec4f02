import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capabilitiesOf } from '../../../src/paperless/capabilities';
import { ReplicaView, type LinkTarget, type TargetContext } from '../../../src/sync/replica-view';
import { contentHash } from '../../../src/sync/text';
import { collections, field, masterView, tag, taxon, wanted, wire } from './support';

const RUNS = { numRuns: 10_000 };
const three = capabilitiesOf('3.0.5');

const master = masterView({
  tag: [tag(1, 'Finance'), tag(2, 'Tax', 1), tag(3, 'A/B', 2), tag(4, 'Loose')],
  correspondent: [taxon(1, 'Bank')],
  documentType: [taxon(1, 'Letter')],
  storagePath: [{ ...taxon(1, 'By year'), path: '{{ created_year }}' }],
  customField: [
    field(1, 'Kind', 'select', [
      { id: 'm1', label: 'x' },
      { id: 'm2', label: 'y' },
      { id: 'm3', label: 'y' },
    ]),
    field(2, 'Related', 'documentlink'),
    field(3, 'Text', 'string'),
  ],
  user: [
    { id: 1, username: 'admin' },
    { id: 2, username: 'miriam' },
  ],
  group: [{ id: 1, name: 'family' }],
});

function replica(change: Parameters<typeof collections>[0] = {}): ReplicaView {
  return new ReplicaView(
    collections({
      tag: [tag(11, 'Finance'), tag(12, 'Tax', 11), tag(13, 'A/B', 12), tag(14, 'Loose'), tag(15, 'Theirs')],
      correspondent: [taxon(21, 'Bank')],
      documentType: [taxon(31, 'Letter')],
      storagePath: [{ ...taxon(41, 'By year'), path: '{{ created_year }}' }],
      customField: [
        field(51, 'Kind', 'select', [
          { id: 'm1', label: 'renamed there' },
          { id: 'r2', label: 'y' },
        ]),
        field(52, 'Related', 'documentlink'),
        field(53, 'Text', 'longtext'),
      ],
      user: [
        { id: 7, username: 'admin' },
        { id: 8, username: 'miriam' },
      ],
      group: [{ id: 9, name: 'family' }],
      ...change,
    }),
    7,
    three,
  );
}

const context = (change: Partial<TargetContext> = {}): TargetContext => ({ link: (id) => ({ id: id + 100 }), syncOwners: true, ...change });

describe('the master by names', () => {
  it("shows tags as paths, selects by label, links by the master's ids, owners by name", () => {
    const described = master.describe(
      wire({
        tags: [3, 4],
        correspondent: 1,
        documentType: 1,
        storagePath: 1,
        customFields: [
          { field: 1, value: 'm1' },
          { field: 2, value: [5, 6] },
        ],
        notes: [{ id: 1, note: 'n', created: '2026-01-01T00:00:00Z', user: 'miriam' }],
        owner: 2,
        permissions: { view: { users: [1], groups: [1] }, change: { users: [], groups: [] } },
      }),
    );
    assert.deepEqual(described, {
      ...wanted(),
      tags: ['Finance/Tax/A\\/B', 'Loose'],
      correspondent: 'Bank',
      document_type: 'Letter',
      storage_path: 'By year',
      custom_fields: [
        { field: 'Kind', value: 'x' },
        { field: 'Related', value: [5, 6] },
      ],
      notes: ['n'],
      owner: 'miriam',
      permissions: { view: { users: ['admin'], groups: ['family'] }, change: { users: [], groups: [] } },
    });
  });

  it("shows the option's id where two options share a label", () => {
    assert.deepEqual(master.describe(wire({ customFields: [{ field: 1, value: 'm3' }] })).custom_fields, [{ field: 'Kind', value: 'm3' }]);
  });

  it("never makes an owner without a name nobody: unowned documents are everybody's", () => {
    assert.equal(master.describe(wire({ owner: 99 })).owner, '#99');
  });

  it('knows which ids it does not know', () => {
    assert.deepEqual(master.unknownTo(wire({ tags: [1, 99], owner: 2, correspondent: 5 })).sort(), ['correspondent', 'tag']);
    assert.deepEqual(
      master
        .unknownTo(
          wire({
            tags: [1],
            customFields: [{ field: 9, value: 1 }],
            permissions: { view: { users: [], groups: [4] }, change: { users: [5], groups: [] } },
          }),
        )
        .sort(),
      ['customField', 'group', 'user'],
    );
  });
});

describe("the wanted document in a replica's ids", () => {
  it('says where a tag stands below others than on the master, and not where the flow names one by its end alone', () => {
    const moved = replica({ tag: [tag(11, 'Finance'), tag(12, 'Tax', 11), tag(13, 'A/B', 12), tag(14, 'Loose', 15), tag(15, 'Theirs')] });
    const told = (...tags: string[]): [number[], string[]] => {
      const { target, limits } = moved.translate(wanted({ tags }), master, context());
      return [target.tags, limits];
    };
    assert.deepEqual(told('Loose'), [[14, 15], ['tag-elsewhere']]);
    assert.deepEqual(told('Tax'), [[11, 12], []]);
    assert.deepEqual(told('Finance/Tax/A\\/B'), [[11, 12, 13], []]);
    assert.deepEqual(told('Theirs'), [[15], []]);
  });

  it('has every name turned, tags with all their ancestors', () => {
    const { target, missing, limits } = replica().translate(
      wanted({ correspondent: 'Bank', document_type: 'Letter', storage_path: 'By year', tags: ['Finance/Tax/A\\/B'], owner: 'miriam', notes: ['n'] }),
      master,
      context(),
    );
    assert.deepEqual([missing, limits], [[], []]);
    assert.deepEqual(
      [target.correspondent, target.documentType, target.storagePath, target.tags, target.owner, target.notes],
      [21, 31, 41, [11, 12, 13], 8, ['n']],
    );
  });

  it('tells what is missing and makes none of it', () => {
    const view = replica();
    const { missing, target } = view.translate(
      wanted({ correspondent: 'New', tags: ['New/Deeper', 'Loose'], custom_fields: [{ field: 'New', value: 1 }] }),
      master,
      context(),
    );
    assert.deepEqual(missing, [
      { kind: 'tag', name: 'Deeper' },
      { kind: 'customField', name: 'New' },
      { kind: 'correspondent', name: 'New' },
    ]);
    assert.deepEqual([target.tags, target.correspondent], [[14], null]);
  });

  it("has a select's option by the master's id first, then by label; one that is not there is a limit", () => {
    const kind = (value: unknown) => {
      const { target, limits } = replica().translate(wanted({ custom_fields: [{ field: 'Kind', value }] }), master, context());
      return [target.customFields[0]?.value, limits];
    };
    assert.deepEqual(kind('x'), ['m1', []]);
    assert.deepEqual(kind('m1'), ['m1', []]);
    assert.deepEqual(kind('y'), ['r2', []]);
    assert.deepEqual(kind('nothing'), [null, ['field-value-refused']]);
    assert.deepEqual(kind(null), [null, []]);
  });

  it('leaves out a field of another type, and says so', () => {
    const { target, limits } = replica().translate(wanted({ custom_fields: [{ field: 'Text', value: 't' }] }), master, context());
    assert.deepEqual([target.customFields, limits], [[], ['field-type-differs']]);
  });

  it('has the links that are there, counts those that will come, and names those that never will', () => {
    const targets: Record<number, LinkTarget> = { 1: { id: 101 }, 2: 'waiting', 3: 'dangling', 4: { id: 104 } };
    const { target, limits, waitingLinks } = replica().translate(
      wanted({ custom_fields: [{ field: 'Related', value: [4, 2, 3, 1] }] }),
      master,
      context({ link: (id) => targets[id] ?? 'dangling' }),
    );
    assert.deepEqual([target.customFields[0]?.value, limits, waitingLinks], [[104, 101], ['dangling-link'], 1]);
  });

  it("belongs to the sync's user without grants where the owner has no counterpart", () => {
    const permissions = { view: { users: ['miriam'], groups: ['family'] }, change: { users: ['miriam'], groups: [] } };
    const { target } = replica().translate(wanted({ owner: 'stranger', permissions }), master, context());
    assert.deepEqual([target.owner, target.permissions], [7, { view: { users: [], groups: [] }, change: { users: [], groups: [] } }]);
  });

  it('never shows a document to more people than on the master', () => {
    const name = fc.constantFrom('admin', 'miriam', 'stranger', '#5');
    const principals = fc.record({ users: fc.uniqueArray(name), groups: fc.uniqueArray(fc.constantFrom('family', 'others')) });
    const ids: Record<number, string> = { 7: 'admin', 8: 'miriam', 9: 'family' };
    fc.assert(
      fc.property(fc.option(name), fc.record({ view: principals, change: principals }), (owner, permissions) => {
        const { target } = replica().translate(wanted({ owner, permissions }), master, context());
        assert.equal(target.owner === null, owner === null, "an owned document became everybody's, or the other way round");
        const may: Record<'view' | 'change', string[]> = {
          view: [...permissions.view.users, ...permissions.view.groups, ...permissions.change.users, ...permissions.change.groups],
          change: [...permissions.change.users, ...permissions.change.groups],
        };
        for (const right of ['view', 'change'] as const) {
          const given = target.permissions?.[right] ?? { users: [], groups: [] };
          for (const id of [...given.users, ...given.groups]) assert.ok(may[right].includes(ids[id] ?? ''));
        }
      }),
      RUNS,
    );
  }).timeout(30_000);

  it('leaves owners alone where they are not synced', () => {
    const { target } = replica().translate(wanted({ owner: 'miriam' }), master, context({ syncOwners: false }));
    assert.deepEqual([target.owner, target.permissions], [undefined, undefined]);
  });

  it('compares the text by its hash where only that is known, and not at all where nothing is', () => {
    const view = replica();
    const of = (change: Partial<TargetContext>, document = wanted()) => {
      const { target } = view.translate(document, master, context(change));
      return [target.content, target.contentHash];
    };
    assert.deepEqual(of({}), [undefined, undefined]);
    assert.deepEqual(of({ content: { hash: 'h' } }), [undefined, 'h']);
    assert.deepEqual(of({ content: { text: ' t ' } }), [' t ', contentHash('t')]);
    assert.deepEqual(of({ content: { text: 'theirs' } }, wanted({ content: 'own' })), ['own', contentHash('own')]);
  });

  it('takes the unowned of two of one name, then the oldest', () => {
    const view = replica({ correspondent: [taxon(1, 'Bank', 8), taxon(2, 'Bank'), taxon(3, 'Bank')] });
    assert.equal(view.id('correspondent', 'Bank'), 2);
  });
});
