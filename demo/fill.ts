import { parseArgs } from 'node:util';
import { generateLibrary } from '../simulator/library/index.js';
import { peopleOf } from '../simulator/library/nasty/people.js';
import type { Library, LibraryDocument, LibraryTaxon } from '../simulator/library/types.js';
import { Client, ClientError } from './client.js';
import type { Connection } from './compare/http.js';
import { inParallel } from './compare/http.js';

/** What the instance refused, or did with a document that it shouldn't have. */
export class FillError extends ClientError {
  override readonly name = 'FillError';
}

type Ids = ReadonlyMap<string, number>;

interface Names {
  users: Ids;
  groups: Ids;
  tags: Ids;
  correspondents: Ids;
  documentTypes: Ids;
  storagePaths: Ids;
  customFields: Ids;
  /** Names of fields whose values are other documents. */
  links: ReadonlySet<string>;
}

export interface FillOptions {
  /** Set every document's text, not only those that a person corrected: OCR reads differently on each server. */
  texts: boolean;
  /** Uploads under way at once. */
  width: number;
  tell: (line: string) => void;
}

const need = (ids: Ids, name: string): number => {
  const id = ids.get(name);
  if (id === undefined) throw new FillError(`The library names "${name}", which isn't there.`);
  return id;
};

/** Creates users and groups that aren't there by name. */
export async function createPeople(client: Client, { users, groups }: Pick<Library, 'users' | 'groups'>): Promise<{ users: Ids; groups: Ids }> {
  const groupIds = new Map((await client.all<{ id: number; name: string }>('groups')).map((group) => [group.name, group.id]));
  for (const name of groups) {
    if (!groupIds.has(name)) groupIds.set(name, ((await client.must('POST', '/api/groups/', { name, permissions: [] })) as { id: number }).id);
  }
  const userIds = new Map((await client.all<{ id: number; username: string }>('users')).map((user) => [user.username, user.id]));
  for (const { username, firstName = '', lastName = '', email = '', superuser = false, groups: of = [] } of users) {
    if (userIds.has(username)) continue;
    const names = { username, first_name: firstName, last_name: lastName, email, is_superuser: superuser, is_staff: superuser };
    const made = await client.must('POST', '/api/users/', { ...names, groups: of.map((name) => need(groupIds, name)) });
    userIds.set(username, (made as { id: number }).id);
  }
  return { users: userIds, groups: groupIds };
}

/** Puts a generated library into an empty instance, simulated or real, through its API as a person's client would. */
export class Filler {
  private readonly client: Client;
  private writes: Promise<unknown> = Promise.resolve();

  constructor(
    connection: Connection,
    private readonly options: FillOptions,
  ) {
    this.client = new Client(connection);
  }

  /** One write at a time: beside running consumption, paperless on SQLite answers parallel ones with 500. */
  private serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.writes.then(work, work);
    this.writes = done.catch(() => undefined);
    return done;
  }

  /** A PATCH that may be repeated: a 500 of a locked database says nothing about what was written. */
  private async patch(path: string, body: object): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.client.must('PATCH', path, body);
        return;
      } catch (error) {
        if (attempt === 5 || !(error instanceof ClientError) || error.status !== 500) throw error;
      }
    }
  }

  private async note(id: number, text: string): Promise<void> {
    const path = `/api/documents/${id}/notes/`;
    const count = async (): Promise<number> => ((await this.client.must('GET', path)) as object[]).length;
    const before = await count();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      // Errors come as 200 with an object, or as 500; either way the list tells.
      await this.client.request('POST', path, { note: text });
      if ((await count()) > before) return;
    }
    throw new FillError(`A note on document ${id} wasn't kept.`);
  }

  /** Creates everything of a kind, in order, and tells the ids by name. */
  private async create<R extends { name: string }>(path: string, rows: readonly R[], body: (row: R, made: Ids) => object): Promise<Ids> {
    const made = new Map<string, number>();
    for (const row of rows) made.set(row.name, ((await this.client.must('POST', `/api/${path}/`, body(row, made))) as { id: number }).id);
    return made;
  }

  private async names(library: Library): Promise<Names> {
    const people = await createPeople(this.client, library);
    const named = ({ name, owner }: LibraryTaxon): object => ({
      name,
      owner: typeof owner === 'string' ? need(people.users, owner) : null,
      matching_algorithm: 0,
    });
    return {
      ...people,
      tags: await this.create('tags', library.tags, (tag, made) => {
        const parent = tag.parent === undefined ? null : made.get(tag.parent);
        // Without the inbox flag: it would put the tag on every upload.
        return { ...named(tag), color: tag.color, parent };
      }),
      correspondents: await this.create('correspondents', library.correspondents, named),
      documentTypes: await this.create('document_types', library.documentTypes, named),
      storagePaths: await this.create('storage_paths', library.storagePaths, (row) => ({ ...named(row), path: row.path })),
      customFields: await this.create('custom_fields', library.customFields, (row) => {
        const options = row.options ? { select_options: row.options } : {};
        const currency = row.defaultCurrency === undefined ? {} : { default_currency: row.defaultCurrency };
        return { name: row.name, data_type: row.dataType, extra_data: { ...options, ...currency } };
      }),
      links: new Set(library.customFields.filter((field) => field.dataType === 'documentlink').map((field) => field.name)),
    };
  }

  private async add(document: LibraryDocument, names: Names): Promise<number> {
    const { title, versions = [] } = document;
    const post = '/api/documents/post_document/';
    const id = await this.client.consumed((await this.client.must('POST', post, Client.form(document.file))) as string, title);
    for (const version of versions) {
      const form = Client.form(version, version.label === undefined ? {} : { version_label: version.label });
      await this.client.consumed((await this.client.must('POST', `/api/documents/${id}/update_version/`, form)) as string, `a version of ${title}`);
    }
    const idOf = (ids: Ids, name: string | undefined): number | null => (name === undefined ? null : need(ids, name));
    const newest = versions.at(-1) ?? document.file;
    const content = document.content ?? (this.options.texts ? newest.text : undefined);
    const wanted = {
      title,
      created: document.created,
      correspondent: idOf(names.correspondents, document.correspondent),
      document_type: idOf(names.documentTypes, document.documentType),
      storage_path: idOf(names.storagePaths, document.storagePath),
      tags: document.tags.map((name) => need(names.tags, name)),
      archive_serial_number: document.archiveSerialNumber ?? null,
      custom_fields: this.values(document, names, null),
      ...ownership(document, names),
      ...(content === undefined ? {} : { content }),
    };
    await this.serially(async () => {
      await this.patch(`/api/documents/${id}/`, wanted);
      for (const { text } of document.notes) await this.note(id, text);
    });
    return id;
  }

  /** Links come last, when all that they name is there: until then a document goes without. */
  private values({ customFields }: LibraryDocument, names: Names, ids: ReadonlyMap<number, number> | null): object[] {
    return customFields.flatMap(({ field, value }) => {
      if (!names.links.has(field)) return [{ field: need(names.customFields, field), value }];
      return ids === null ? [] : [{ field: need(names.customFields, field), value: (value as number[]).map((key) => ids.get(key)) }];
    });
  }

  /** Resolves to the documents' ids by their keys. */
  async fill(library: Library): Promise<Map<number, number>> {
    const { count } = (await this.client.must('GET', '/api/documents/?page_size=1&fields=id')) as { count: number };
    if (count > 0) throw new FillError(`${this.client.url} holds ${count} documents already. Give an empty instance.`);
    const names = await this.names(library);
    const ids = new Map<number, number>();
    await inParallel(library.documents, this.options.width, async (document) => {
      ids.set(document.key, await this.add(document, names));
      if (ids.size % 10 === 0) this.options.tell(`${ids.size} of ${library.documents.length} documents`);
    });
    for (const document of library.documents) {
      if (!document.customFields.some(({ field }) => names.links.has(field))) continue;
      await this.patch(`/api/documents/${ids.get(document.key) ?? 0}/`, { custom_fields: this.values(document, names, ids) });
    }
    for (const { key, trashed } of library.documents) if (trashed === true) await this.client.must('DELETE', `/api/documents/${ids.get(key) ?? 0}/`);
    return ids;
  }
}

function ownership({ owner, permissions = {} }: LibraryDocument, names: Names): object {
  const side = (users: string[] = [], groups: string[] = []): object => ({
    users: users.map((name) => need(names.users, name)),
    groups: groups.map((name) => need(names.groups, name)),
  });
  return {
    owner: typeof owner === 'string' ? need(names.users, owner) : null,
    set_permissions: {
      view: side(permissions.viewUsers, permissions.viewGroups),
      change: side(permissions.changeUsers, permissions.changeGroups),
    },
  };
}

const usage = `Fills an empty paperless, simulated or real, with a generated library, over its API.

  node dist/demo/fill.js --url URL --token T [--documents 100] [--seed 1] [--nasty] [--major 3] [--texts] [--width 2] [--people]

  --nasty   everything that a copy may get wrong
  --major   of the paperless there: 2 or 3
  --texts   set every document's text instead of leaving what the server read
  --width   uploads under way at once
  --people  only create the users and groups that a replica of it has
`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { url: text, token: text, documents: text, seed: text, width: text, major: text, texts: flag, nasty: flag, people: flag } as const;
  const { values } = parseArgs({ options });
  if (values.url === undefined || values.token === undefined) throw new FillError(usage);
  const [documents, seed] = [Number(values.documents ?? 100), Number(values.seed ?? 1)];
  const library = generateLibrary({ documents, seed, nasty: values.nasty, major: values.major === '2' ? 2 : 3 });
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const connection = { url: values.url, token: values.token };
  if (values.people) {
    await createPeople(new Client(connection), peopleOf(library));
    return;
  }
  await new Filler(connection, { texts: values.texts, width: Number(values.width ?? 2), tell }).fill(library);
  tell(`${library.documents.length} documents are there.`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
