import type { DocumentRow, TaxonRow } from '../../simulator/state/rows';
import type { Site } from '../support/site';
import type { Chance } from './chance';
import { LINKS, NAMES, randomDay, randomName, randomNotes, randomTitle, randomValue } from './library';

export const TAXONOMIES = ['tags', 'correspondents', 'document_types', 'storage_paths', 'custom_fields'] as const;

/** One thing that somebody does at a server: said, then done. */
export interface Deed {
  what: string;
  act: () => Promise<unknown>;
}

type Maker = (site: Site, chance: Chance) => Deed | null;

export function living(site: Site): DocumentRow[] {
  return site.instance.store.documents.all().filter((row) => row.deletedAt === null && row.root === null);
}

function trashedRoots(site: Site): DocumentRow[] {
  return site.instance.store.documents.all().filter((row) => row.deletedAt !== null && row.root === null);
}

/** A change of one document's fields. */
function change(make: (row: DocumentRow, site: Site, chance: Chance) => Record<string, unknown> | null): Maker {
  return (site, chance) => {
    const row = chance.any(living(site));
    const what = row === undefined ? null : make(row, site, chance);
    if (row === undefined || what === null) return null;
    return { what: `patch ${row.id} ${JSON.stringify(what).slice(0, 120)}`, act: () => site.person.patch(row.id, what) };
  };
}

const ids = (rows: Iterable<{ id: number }>): number[] => [...rows].map(({ id }) => id);

function tables(site: Site): Record<(typeof TAXONOMIES)[number], Iterable<{ id: number; name: string }>> {
  const { store } = site.instance;
  return {
    tags: store.tags.values(),
    correspondents: store.correspondents.values(),
    document_types: store.documentTypes.values(),
    storage_paths: store.storagePaths.values(),
    custom_fields: store.customFields.values(),
  };
}

function oneOf(site: Site, chance: Chance): { kind: (typeof TAXONOMIES)[number]; row: { id: number; name: string } } | null {
  const kind = chance.pick(TAXONOMIES);
  const row = chance.any([...tables(site)[kind]]);
  return row === undefined ? null : { kind, row };
}

function valueFor(
  site: Site,
  chance: Chance,
  field: { name: string; dataType: string; extraData: Record<string, unknown> | null },
  self: number,
): unknown {
  if (field.dataType === 'documentlink') return chance.some(ids(living(site)), 0.3).filter((id) => id !== self);
  if (field.dataType === 'select') {
    const options = (field.extraData?.select_options ?? []) as { id: string }[];
    return chance.any([null, ...options.map((option) => option.id)]);
  }
  return randomValue(chance, field);
}

function customFields(row: DocumentRow, site: Site, chance: Chance): Record<string, unknown> {
  const fields = chance.some(site.instance.store.customFields.all(), 0.6);
  return { custom_fields: fields.map((field) => ({ field: field.id, value: valueFor(site, chance, field, row.id) })) };
}

/** Ids of at most three documents, for what the web interface does to many at once. */
function several(site: Site, chance: Chance): number[] {
  return chance.shuffled(ids(living(site))).slice(0, chance.between(1, 3));
}

function bulk(method: string, make: (site: Site, chance: Chance) => Record<string, unknown> | null): Maker {
  return (site, chance) => {
    const documents = several(site, chance);
    const parameters = make(site, chance);
    if (documents.length === 0 || parameters === null) return null;
    return {
      what: `bulk ${method} ${documents.join()} ${JSON.stringify(parameters)}`,
      act: () => site.person.ask('POST', '/api/documents/bulk_edit/', { documents, method, parameters }),
    };
  };
}

const PATCHES: readonly (readonly [number, Maker])[] = [
  [4, change((row, _site, chance) => ({ title: randomTitle(chance, row.id) }))],
  [4, change((_row, _site, chance) => ({ content: `Corrected text ${chance.int(1000)}${chance.pick(['', '\n', '  '])}` }))],
  [2, change((_row, site, chance) => ({ created: randomDay(chance, site.major) }))],
  [4, change((_row, site, chance) => ({ tags: chance.some(ids(site.instance.store.tags.values())) }))],
  [2, change((_row, site, chance) => ({ correspondent: chance.pick([null, ...ids(site.instance.store.correspondents.values())]) }))],
  [2, change((_row, site, chance) => ({ document_type: chance.pick([null, ...ids(site.instance.store.documentTypes.values())]) }))],
  [2, change((_row, site, chance) => ({ storage_path: chance.pick([null, ...ids(site.instance.store.storagePaths.values())]) }))],
  [4, change((_row, _site, chance) => ({ archive_serial_number: chance.pick([null, 0, 1, 2, 3, 4, 5, 6]) }))],
  [4, change(customFields)],
  [1, change(() => ({ custom_fields: [] }))],
  [2, change((_row, site, chance) => ({ owner: chance.pick([null, ...ids(site.instance.store.users.values())]) }))],
  [
    1,
    change((_row, site, chance) => {
      const people = (): { users: number[]; groups: number[] } => ({
        users: chance.some(ids(site.instance.store.users.values()), 0.3),
        groups: chance.some(ids(site.instance.store.groups.values()), 0.3),
      });
      return { set_permissions: { view: people(), change: people() } };
    }),
  ],
  [1, change((row) => ({ title: row.title }))],
];

const NOTES: readonly (readonly [number, Maker])[] = [
  [
    2,
    (site, chance) => {
      const row = chance.any(living(site));
      const text = randomNotes(chance)[0] ?? '';
      return row === undefined ? null : { what: `note on ${row.id}`, act: () => site.person.note(row.id, text) };
    },
  ],
  [
    2,
    (site, chance) => {
      const row = chance.any(living(site).filter(({ notes }) => notes.length > 0));
      const note = row === undefined ? undefined : chance.any(row.notes);
      return row === undefined || note === undefined
        ? null
        : { what: `no note ${note.id} on ${row.id}`, act: () => site.person.deleteNote(row.id, note.id) };
    },
  ],
];

const BULK: readonly (readonly [number, Maker])[] = [
  [1, bulk('set_correspondent', (site, chance) => ({ correspondent: chance.pick([null, ...ids(site.instance.store.correspondents.values())]) }))],
  [1, bulk('set_storage_path', (site, chance) => ({ storage_path: chance.pick([null, ...ids(site.instance.store.storagePaths.values())]) }))],
  [
    2,
    bulk('modify_tags', (site, chance) => ({
      add_tags: chance.some(ids(site.instance.store.tags.values()), 0.4),
      remove_tags: chance.some(ids(site.instance.store.tags.values()), 0.2),
    })),
  ],
  [
    1,
    bulk('modify_custom_fields', (site, chance) => {
      // Links that are replaced in bulk stay on their other side: what no replica can be brought to hold.
      const fields = site.instance.store.customFields.all().filter(({ dataType }) => dataType !== 'documentlink');
      const add = chance.any(fields);
      if (add === undefined) return null;
      return {
        add_custom_fields: { [add.id]: valueFor(site, chance, add, 0) },
        remove_custom_fields: ids(chance.some(fields, 0.3)).filter((id) => id !== add.id),
      };
    }),
  ],
  [2, bulk('reprocess', () => ({}))],
];

const RENAMES: readonly (readonly [number, Maker])[] = [
  [
    3,
    (site, chance) => {
      const found = oneOf(site, chance);
      const name = chance.pick(NAMES);
      return found === null
        ? null
        : {
            what: `rename ${found.kind} ${found.row.id} to ${name}`,
            act: () => site.person.edit(found.kind, found.row.id, { name, ...options(site, found) }),
          };
    },
  ],
  [
    1,
    (site, chance) => {
      const kind = chance.pick(['tags', 'correspondents', 'document_types', 'storage_paths'] as const);
      const [a, b] = chance.shuffled([...tables(site)[kind]]);
      if (a === undefined || b === undefined || a.name === b.name) return null;
      const [one, two] = [a.name, b.name];
      return {
        what: `swap names of ${kind} ${a.id} and ${b.id}`,
        act: async () => {
          await site.person.edit(kind, a.id, { name: 'for a moment' });
          await site.person.edit(kind, b.id, { name: one });
          await site.person.edit(kind, a.id, { name: two });
        },
      };
    },
  ],
];

/** A PATCH of a select field needs all of its options each time. */
function options(site: Site, found: { kind: string; row: { id: number } }): Record<string, unknown> {
  const field = found.kind === 'custom_fields' ? site.instance.store.customFields.get(found.row.id) : undefined;
  return field?.dataType === 'select' ? { extra_data: field.extraData } : {};
}

const COLLECTIONS: readonly (readonly [number, Maker])[] = [
  [
    2,
    (site, chance) => {
      const kind = chance.pick(['tags', 'correspondents', 'document_types', 'storage_paths'] as const);
      const name = chance.pick(NAMES);
      const parent = kind === 'tags' ? { parent: chance.pick([null, ...ids(site.instance.store.tags.values())]) } : {};
      const path = kind === 'storage_paths' ? { path: `new${chance.int(9)}/{{ title }}` } : {};
      return { what: `new ${kind} ${name}`, act: () => site.person.create(kind, { name, owner: null, ...parent, ...path }) };
    },
  ],
  [
    1,
    (site, chance) => {
      const tag = chance.any(site.instance.store.tags.all());
      const parent = chance.pick([null, ...ids(site.instance.store.tags.values())]);
      return tag === undefined ? null : { what: `move tag ${tag.id} under ${parent}`, act: () => site.person.edit('tags', tag.id, { parent }) };
    },
  ],
  [
    1,
    (site, chance) => {
      const tag = chance.any(site.instance.store.tags.all());
      const color = chance.pick(['#123456', '#abcdef']);
      return tag === undefined ? null : { what: `colour of tag ${tag.id}`, act: () => site.person.edit('tags', tag.id, { color }) };
    },
  ],
  [
    1,
    (site, chance) => {
      const field = chance.any(site.instance.store.customFields.all().filter(({ dataType }) => dataType === 'select'));
      if (field === undefined) return null;
      const now = (field.extraData?.select_options ?? []) as { id: string; label: string }[];
      const kept = chance.some(now, 0.8).map((option) => (chance.is(0.2) ? { ...option, label: `${option.label}'` } : option));
      const next =
        kept.length === 0 || chance.is(0.4)
          ? [...kept, { id: `new${chance.int(1_000_000)}`.padEnd(16, 'n'), label: `label ${chance.int(9)}` }]
          : kept;
      return {
        what: `options of field ${field.id}`,
        act: () => site.person.edit('custom_fields', field.id, { extra_data: { select_options: next } }),
      };
    },
  ],
  [2, removal],
];

/** Takes a tag, correspondent, type, path or field away: documents lose it without a stamp. */
export function removal(site: Site, chance: Chance): Deed | null {
  const found = oneOf(site, chance);
  if (found === null || found.row.name === LINKS) return null;
  return {
    what: `remove ${found.kind} ${found.row.id} "${found.row.name}"`,
    act: () => site.person.ask('DELETE', `/api/${found.kind}/${found.row.id}/`),
  };
}

export function renaming(site: Site, chance: Chance): Deed | null {
  const found = oneOf(site, chance);
  const name = `${chance.pick(NAMES)} ${chance.int(100)}`;
  return found === null
    ? null
    : {
        what: `rename ${found.kind} ${found.row.id} to ${name}`,
        act: () => site.person.edit(found.kind, found.row.id, { name, ...options(site, found) }),
      };
}

/** A master of which hardly anything is left is not believed: so many documents stay. */
const FEWEST = 3;

export function trashing(site: Site, chance: Chance): Deed | null {
  const rows = living(site);
  // The first two stay for ever: by them the master is known again.
  const row = chance.any(rows.filter(({ id }) => id > 2));
  if (row === undefined || rows.length <= FEWEST) return null;
  const inBulk = chance.is(0.4);
  return {
    what: `trash ${row.id}${inBulk ? ' in bulk' : ''}`,
    act: () =>
      inBulk
        ? site.person.ask('POST', '/api/documents/bulk_edit/', { documents: [row.id], method: 'delete', parameters: {} })
        : site.person.trash(row.id),
  };
}

const DELETIONS: readonly (readonly [number, Maker])[] = [
  [4, trashing],
  [
    3,
    (site, chance) => {
      const row = chance.any(trashedRoots(site));
      return row === undefined
        ? null
        : { what: `restore ${row.id}`, act: () => site.person.ask('POST', '/api/trash/', { action: 'restore', documents: [row.id] }) };
    },
  ],
  [
    1,
    (site, chance) => {
      const row = chance.any(trashedRoots(site));
      return row === undefined
        ? null
        : { what: `erase ${row.id}`, act: () => site.person.ask('POST', '/api/trash/', { action: 'empty', documents: [row.id] }) };
    },
  ],
  [0.3, (site) => ({ what: 'empty the trash', act: () => site.person.emptyTrash() })],
];

const VERSIONS: readonly (readonly [number, Maker])[] = [
  [
    2,
    (site, chance) => {
      const row = chance.any(living(site));
      if (row === undefined) return null;
      const text = `A further version ${chance.int(1000)} of ${row.id}.\n`;
      const label = chance.pick([undefined, 'signed', 'v2']);
      return { what: `new version of ${row.id}`, act: () => site.person.submitVersion(row.id, `version-${chance.int(100)}.txt`, text, label) };
    },
  ],
  [
    1,
    (site, chance) => {
      const version = chance.any(site.instance.store.documents.all().filter((row) => row.root !== null && row.deletedAt === null));
      if (version?.root == null) return null;
      const { root, id } = version;
      return { what: `no version ${id} of ${root}`, act: () => site.person.ask('DELETE', `/api/documents/${root}/versions/${id}/`) };
    },
  ],
  [
    1,
    (site, chance) => {
      const version = chance.any(site.instance.store.documents.all().filter((row) => row.root !== null && row.deletedAt === null));
      if (version?.root == null) return null;
      const { root, id } = version;
      const label = chance.pick([null, 'final', 'draft']);
      return {
        what: `label of version ${id}`,
        act: () => site.person.ask('PATCH', `/api/documents/${root}/versions/${id}/`, { version_label: label }),
      };
    },
  ],
  [
    1,
    (site, chance) => {
      const { documents } = site.instance.store;
      const alone = documents.all().filter((row) => row.root !== null && row.deletedAt !== null && documents.get(row.root)?.deletedAt === null);
      const version = chance.any(alone);
      return version === undefined
        ? null
        : {
            what: `restore version ${version.id}`,
            act: () => site.person.ask('POST', '/api/trash/', { action: 'restore', documents: [version.id] }),
          };
    },
  ],
];

/** 2.x: the pages are turned, which rewrites the file in place. */
const ROTATE: readonly (readonly [number, Maker])[] = [[1, bulk('rotate', () => ({ degrees: 90 }))]];

export function uploading(site: Site, chance: Chance): Deed {
  const twin = site.major === 3 && chance.is(0.15) ? chance.any(living(site)) : undefined;
  const bytes = twin === undefined ? `Brand new ${chance.int(1_000_000)}.\n` : twin.original.read();
  // The quotes of a form's header aren't what is at stake here.
  const name = randomName(chance, 100 + chance.int(100), site.major)
    .replaceAll(/["\\]/gu, '')
    .replaceAll('&', '&amp;');
  const title = `New ${chance.int(1000)}`;
  return {
    what: `upload "${title}"${twin === undefined ? '' : ` with the bytes of ${twin.id}`}`,
    act: () => site.person.submit(name, bytes instanceof Uint8Array || typeof bytes === 'string' ? bytes : '', { title }),
  };
}

const UPLOADS: readonly (readonly [number, Maker])[] = [[4, uploading]];

/** One random thing that a person does on the master; null when the dice fell on something that can't be done now. */
export function masterDeed(site: Site, chance: Chance): Deed | null {
  const all = [...PATCHES, ...NOTES, ...BULK, ...RENAMES, ...COLLECTIONS, ...DELETIONS, ...UPLOADS, ...(site.major === 3 ? VERSIONS : ROTATE)];
  return chance.weighted(all)(site, chance);
}

/** What a person changes on a copy: its fields and notes. */
export function edit(site: Site, chance: Chance, row: DocumentRow): Record<string, unknown> {
  const taxa = (table: Iterable<TaxonRow>): number[] => ids(table);
  return chance.pick<() => Record<string, unknown>>([
    () => ({ title: `Changed there ${chance.int(100)}` }),
    () => ({ content: `Other text ${chance.int(100)}` }),
    () => ({ tags: chance.some(taxa(site.instance.store.tags.values())) }),
    () => ({ correspondent: null }),
    () => ({ archive_serial_number: chance.pick([null, 1, 2, 3, 4, 5, 6, 7]) }),
    () => ({ custom_fields: [] }),
    () => ({ owner: chance.any(ids(site.instance.store.users.values())) ?? null }),
    () => ({ created: '2001-01-01', title: row.title }),
  ])();
}
