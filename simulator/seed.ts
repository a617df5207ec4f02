/** Turns a library of plain data into rows. */
import { getsArchive, archiveOf } from './consume/derived';
import { extensionOf } from './consume/sniff';
import type { Library, LibraryDocument, LibraryFile, LibraryTaxon } from './library/types';
import { printableName } from './state/file-name';
import { generatedFile } from './state/files';
import type { DocumentRow, FieldInstance, Grants, TaxonRow } from './state/rows';
import { noGrants, type Store } from './state/store';
import { closure } from './state/tags';
import { parseIso, utc } from './state/times';

type Ids = Map<string, number>;

interface Names {
  users: Ids;
  groups: Ids;
  tags: Ids;
  correspondents: Ids;
  documentTypes: Ids;
  storagePaths: Ids;
  customFields: Ids;
  documents: Map<number, number>;
}

export function seed(store: Store, library: Library): void {
  const names = seedNames(store, library);
  for (const document of library.documents) seedDocument(store, names, document);
  for (const document of library.documents) seedFields(store, names, document);
  if (store.profile.major === 3) for (const document of library.documents) seedVersions(store, names, document);
}

function need(ids: Ids, name: string, what: string): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`The library names the ${what} "${name}", but doesn't define it.`);
  return id;
}

function seedNames(store: Store, library: Library): Names {
  const groups: Ids = new Map(library.groups.map((name) => [name, store.groups.insert({ name, permissions: [] }).id]));
  const users: Ids = new Map(store.users.all().map((user) => [user.username, user.id]));
  for (const user of library.users) {
    if (users.has(user.username)) continue;
    const row = store.users.insert({
      username: user.username,
      password: `${user.username}-password`,
      email: user.email ?? '',
      firstName: user.firstName ?? '',
      lastName: user.lastName ?? '',
      isStaff: user.superuser ?? false,
      isActive: true,
      isSuperuser: user.superuser ?? false,
      joined: store.stamp(),
      groups: (user.groups ?? []).map((name) => need(groups, name, 'group')),
      permissions: [],
      token: null,
    });
    users.set(user.username, row.id);
  }
  const taxon = (source: LibraryTaxon): Omit<TaxonRow, 'id'> => ({
    name: source.name,
    match: source.match ?? '',
    algorithm: source.matchingAlgorithm ?? (source.match ? 1 : 0),
    insensitive: true,
    owner: ownerOf(users, source.owner),
    grants: noGrants(),
  });
  const tags: Ids = new Map();
  for (const tag of library.tags) {
    const parent = tag.parent === undefined ? null : need(tags, tag.parent, 'parent tag');
    tags.set(tag.name, store.tags.insert({ ...taxon(tag), color: tag.color ?? '#a6cee3', inbox: tag.inbox ?? false, parent }).id);
  }
  return {
    users,
    groups,
    tags,
    correspondents: new Map(library.correspondents.map((row) => [row.name, store.correspondents.insert(taxon(row)).id])),
    documentTypes: new Map(library.documentTypes.map((row) => [row.name, store.documentTypes.insert(taxon(row)).id])),
    storagePaths: new Map(library.storagePaths.map((row) => [row.name, store.storagePaths.insert({ ...taxon(row), path: row.path }).id])),
    customFields: new Map(library.customFields.map((row) => [row.name, seedField(store, row)])),
    documents: new Map(),
  };
}

function seedField(store: Store, row: Library['customFields'][number]): number {
  const extraData = row.options
    ? { select_options: row.options }
    : row.defaultCurrency === undefined
      ? null
      : { default_currency: row.defaultCurrency };
  return store.customFields.insert({ name: row.name, dataType: row.dataType, extraData }).id;
}

/** Nobody's when null or left out. */
function ownerOf(users: Ids, owner: string | null | undefined): number | null {
  return owner === null || owner === undefined ? null : need(users, owner, 'user');
}

function time(text: string): number {
  const micros = parseIso(text, utc);
  if (micros === undefined) throw new Error(`"${text}" is no ISO time.`);
  return micros;
}

function seedDocument(store: Store, names: Names, document: LibraryDocument): void {
  const of = (ids: Ids, name: string | undefined, what: string) => (name === undefined ? null : need(ids, name, what));
  const added = time(document.added);
  const row = insertFile(store, document.file, added, {
    title: document.title,
    content: document.content ?? document.file.text,
    created: document.created,
    asn: document.archiveSerialNumber ?? null,
    correspondent: of(names.correspondents, document.correspondent, 'correspondent'),
    documentType: of(names.documentTypes, document.documentType, 'document type'),
    storagePath: of(names.storagePaths, document.storagePath, 'storage path'),
    tags: closure(
      store,
      document.tags.map((name) => need(names.tags, name, 'tag')),
    ),
    owner: ownerOf(names.users, document.owner),
    grants: grantsOf(names, document.permissions),
  });
  names.documents.set(document.key, row.id);
  for (const note of document.notes) {
    const user = note.user === undefined ? null : need(names.users, note.user, 'user');
    row.notes.push({ id: store.nextNoteId++, note: note.text, created: time(note.created), user });
  }
  if (document.trashed) Object.assign(row, { deletedAt: row.modified + 1_000_000, deletion: store.nextDeletion++ });
}

/** Version rows take ids of their own, after all keys are given out, so that keys stay ids. */
function seedVersions(store: Store, names: Names, document: LibraryDocument): void {
  const root = store.documents.get(names.documents.get(document.key));
  if (!root) return;
  for (const [index, version] of (document.versions ?? []).entries()) {
    const added = time(version.added);
    const row = insertFile(store, version, added, {
      title: root.title,
      content: version.text,
      created: root.created,
      owner: root.owner,
      root: root.id,
      versionLabel: version.label ?? null,
    });
    row.mediaFilename = `${String(root.id).padStart(7, '0')}_v${index + 1}${extensionOf(version.mimeType)}`;
    root.modified = Math.max(root.modified, added);
  }
}

function insertFile(store: Store, file: LibraryFile, added: number, fields: Partial<DocumentRow>): DocumentRow {
  const original = generatedFile(() => file.bytes());
  const row = store.documents.insert({
    title: '',
    content: file.text,
    parsedText: file.text,
    created: '1970-01-01',
    modified: added,
    added,
    deletedAt: null,
    deletion: null,
    asn: null,
    originalFilename: printableName(file.originalFileName),
    original,
    archive: getsArchive(store.profile.major, file.mimeType, file.text) ? archiveOf(original) : null,
    correspondent: null,
    documentType: null,
    storagePath: null,
    tags: [],
    fields: [],
    notes: [],
    pageCount: file.pageCount,
    mimeType: file.mimeType,
    owner: null,
    grants: noGrants(),
    root: null,
    versionLabel: null,
    mediaFilename: '',
    thumbnailTime: added,
    ...fields,
  });
  row.mediaFilename = `${String(row.id).padStart(7, '0')}${extensionOf(file.mimeType)}`;
  return row;
}

function grantsOf(names: Names, permissions: LibraryDocument['permissions']): Grants {
  const users = (list: string[] | undefined) => (list ?? []).map((name) => need(names.users, name, 'user'));
  const groups = (list: string[] | undefined) => (list ?? []).map((name) => need(names.groups, name, 'group'));
  return {
    view: { users: users(permissions?.viewUsers), groups: groups(permissions?.viewGroups) },
    change: { users: users(permissions?.changeUsers), groups: groups(permissions?.changeGroups) },
  };
}

/** Fields come last: links name documents that have to be there. */
function seedFields(store: Store, names: Names, document: LibraryDocument): void {
  const row = store.documents.get(names.documents.get(document.key));
  if (!row) return;
  row.fields = document.customFields.map(({ field, value }): FieldInstance => {
    const definition = store.customFields.get(need(names.customFields, field, 'custom field'));
    if (!definition) throw new Error(`The custom field "${field}" has vanished.`);
    const links = definition.dataType === 'documentlink' && Array.isArray(value);
    const stored = links ? (value as number[]).map((key) => names.documents.get(key) ?? key) : value;
    return { field: definition.id, values: { [definition.dataType]: stored } };
  });
}
