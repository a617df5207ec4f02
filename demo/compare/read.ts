import type { z } from 'zod';
import type { Connection } from './http.js';
import { inParallel, ReadError, Reader } from './http.js';
import type { Collections, Snapshot, SnapshotDocument } from './snapshot.js';
import type { WireDocument, WireField } from './wire.js';
import { page, parse, wireDocument, wireField, wireMetadata, wireSettings, wireStoragePath, wireTag, wireTaxon, wireText, wireUser } from './wire.js';

export interface ReadOptions {
  /**
   * `download` (default): every original is fetched and hashed here. `checksums`: the server's word is taken (3.x: SHA-256 from the list,
   * 2.x: MD5 from the metadata); between majors that isn't enough, so the side that can't tell MD5 is downloaded nevertheless.
   */
  files?: 'download' | 'checksums';
  /** MD5 is needed: the other side is a 2.x. Only looked at with `checksums`. */
  needMd5?: boolean;
  /** Read owners and permissions too. */
  owners?: boolean;
  /** Read the texts of older file versions too (3.x), a request each. */
  versionTexts?: boolean;
}

/** Pages with content are heavy for paperless: few documents each, two requests at once. */
const batch = 50;
const width = 2;

export interface Identity {
  username: string;
  version: string;
  major: number;
}

/** Version and rights; refuses a token that sees only a part. */
export async function identify(connection: Connection): Promise<Identity> {
  const reader = new Reader(connection);
  const answer = await reader.json('/api/ui_settings/');
  const settings = parse(wireSettings, answer.body, `${reader.url}/api/ui_settings/`);
  if (settings.user.is_superuser !== true)
    throw new ReadError(`The token for ${reader.url} isn't a superuser's: it may see only a part. Use another.`);
  const version = answer.version ?? settings.settings?.version ?? '';
  const major = Number.parseInt(version, 10);
  if (!Number.isInteger(major)) throw new ReadError(`${reader.url} doesn't tell its version. Is it paperless-ngx?`);
  return { username: settings.user.username, version, major };
}

async function whole<T extends { id: number }>(reader: Reader, path: string, schema: z.ZodType<T>): Promise<Map<number, T>> {
  const { body } = await reader.json(`/api/${path}/?page_size=100000`);
  const list = parse(page, body, reader.url + path).results.map((item) => parse(schema, item, `${reader.url}/api/${path}/`));
  return new Map(list.map((item) => [item.id, item]));
}

/** "Root / Branch / Leaf" of each tag. */
function tagPaths(tags: Map<number, z.infer<typeof wireTag>>): Map<number, string[]> {
  const pathOf = (id: number): string[] => {
    const tag = tags.get(id);
    return tag === undefined ? [] : [...(tag.parent == null ? [] : pathOf(tag.parent)), tag.name];
  };
  return new Map([...tags.keys()].map((id) => [id, pathOf(id)]));
}

/** With each tag its ancestors: a list that isn't closed can't be written by the API, so closures are what compares. */
function closure(paths: (string[] | undefined)[]): string[] {
  const all = new Set<string>();
  for (const path of paths) for (let end = 1; path !== undefined && end <= path.length; end += 1) all.add(path.slice(0, end).join(' / '));
  return [...all].sort();
}

function currency(field: WireField): string {
  return field.extra_data?.default_currency ?? '';
}

/** Reads an instance whole, by GET alone. Takes a request per 50 documents, and with files one more per document. */
export async function readInstance(connection: Connection, options: ReadOptions = {}): Promise<Snapshot> {
  const reader = new Reader(connection);
  const { username, version, major } = await identify(connection);
  const tags = await whole(reader, 'tags', wireTag);
  const correspondents = await whole(reader, 'correspondents', wireTaxon);
  const types = await whole(reader, 'document_types', wireTaxon);
  const paths = await whole(reader, 'storage_paths', wireStoragePath);
  const fields = await whole(reader, 'custom_fields', wireField);
  const users = options.owners === true ? await whole(reader, 'users', wireUser) : new Map<number, z.infer<typeof wireUser>>();
  const groups = options.owners === true ? await whole(reader, 'groups', wireTaxon) : new Map<number, z.infer<typeof wireTaxon>>();
  const pathOf = tagPaths(tags);

  const userName = (id: number | null | undefined): string | null => (id == null ? null : (users.get(id)?.username ?? `#${id}`));
  const owned = (item: { owner?: number | null | undefined }): { owner?: string | null } =>
    options.owners === true ? { owner: userName(item.owner) } : {};
  const collections: Collections = {
    tags: new Map([...tags.values()].map((tag) => [(pathOf.get(tag.id) ?? []).join(' / '), { color: tag.color.toLowerCase(), ...owned(tag) }])),
    correspondents: new Map([...correspondents.values()].map((item) => [item.name, owned(item)])),
    documentTypes: new Map([...types.values()].map((item) => [item.name, owned(item)])),
    storagePaths: new Map([...paths.values()].map((item) => [item.name, { path: item.path, ...owned(item) }])),
    customFields: new Map(
      [...fields.values()].map((field) => {
        const options = (field.extra_data?.select_options ?? []).flatMap((option) => (option === null ? [] : [option.label]));
        return [field.name, { dataType: field.data_type, options, currency: currency(field) }];
      }),
    ),
  };

  const nameOf = (map: Map<number, { name: string }>, id: number | null): string | null => (id === null ? null : (map.get(id)?.name ?? `#${id}`));
  const permissionsOf = (wire: WireDocument): string[] | null => {
    const given = wire.permissions;
    if (options.owners !== true || given === undefined) return null;
    const actions = [['view', given.view] as const, ['change', given.change] as const];
    return actions
      .flatMap(([action, who]) => [
        ...who.users.map((id) => `${action} user ${users.get(id)?.username ?? `#${id}`}`),
        ...who.groups.map((id) => `${action} group ${groups.get(id)?.name ?? `#${id}`}`),
      ])
      .sort();
  };

  const document = async (wire: WireDocument): Promise<SnapshotDocument> => {
    const versions = [...(wire.versions ?? [])].sort((a, b) => a.id - b.id);
    const chain = versions.map((v) => v.checksum);
    const told = chain.at(-1);
    const result: SnapshotDocument = {
      id: wire.id,
      title: wire.title,
      content: wire.content,
      created: wire.created,
      correspondent: nameOf(correspondents, wire.correspondent),
      documentType: nameOf(types, wire.document_type),
      storagePath: nameOf(paths, wire.storage_path),
      tags: closure(wire.tags.map((id) => pathOf.get(id) ?? [`#${id}`])),
      archiveSerialNumber: wire.archive_serial_number,
      originalFileName: wire.original_file_name,
      owner: userName(wire.owner),
      permissions: permissionsOf(wire),
      notes: [...wire.notes].sort((a, b) => a.id - b.id).map((note) => note.note),
      customFields: wire.custom_fields.flatMap(({ field, value }) => {
        const definition = fields.get(field);
        return definition === undefined ? [] : [{ field: definition, value }];
      }),
      chain,
      labels: versions.map((v) => (v.version_label === '' ? null : (v.version_label ?? null))),
      olderTexts: [],
    };
    if (options.versionTexts === true) {
      for (const version of versions.slice(0, -1)) {
        const path = `/api/documents/${wire.id}/?version=${version.id}`;
        result.olderTexts.push(parse(wireText, (await reader.json(path)).body, reader.url + path).content);
      }
    }
    if (options.files !== 'checksums' || (options.needMd5 === true && major >= 3)) return { ...result, ...(await reader.hashes(wire.id)) };
    if (told !== undefined && major >= 3) return { ...result, sha256: told };
    const metadata = await reader.json(`/api/documents/${wire.id}/metadata/`);
    const checksum = parse(wireMetadata, metadata.body, `${reader.url}/api/documents/${wire.id}/metadata/`).original_checksum;
    return checksum.length === 64 ? { ...result, sha256: checksum } : { ...result, md5: checksum };
  };

  const first = parse(page, (await reader.json('/api/documents/?page_size=1&fields=id&ordering=id')).body, `${reader.url}/api/documents/`);
  const ids = first.all ?? [];
  if (ids.length !== first.count)
    throw new ReadError(`${reader.url} counts ${first.count} documents and lists ${ids.length}: it changed meanwhile. Try again.`);
  const chunks = Array.from({ length: Math.ceil(ids.length / batch) }, (_, index) => ids.slice(index * batch, (index + 1) * batch));
  const perms = options.owners === true ? '&full_perms=true' : '';
  const read = await inParallel(chunks, width, async (chunk) => {
    const { body } = await reader.json(`/api/documents/?id__in=${chunk.join(',')}&page_size=${batch}&ordering=id${perms}`);
    const list = parse(page, body, `${reader.url}/api/documents/`).results.map((item) => parse(wireDocument, item, `${reader.url}/api/documents/`));
    const documents: SnapshotDocument[] = [];
    for (const wire of list) documents.push(await document(wire));
    return documents;
  });
  const documents = read.flat().sort((a, b) => a.id - b.id);
  if (documents.length !== ids.length)
    throw new ReadError(`${reader.url} listed ${ids.length} documents and gave ${documents.length}: it changed meanwhile.`);
  const people =
    options.owners === true
      ? { self: username, users: new Set([...users.values()].map((user) => user.username)), groups: new Set([...groups.values()].map((g) => g.name)) }
      : null;
  return { url: reader.url, version, major, documents, collections, people, files: options.files === 'checksums' ? 'checksums' : 'downloaded' };
}
