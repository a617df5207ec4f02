import type { CallOptions, PaperlessReader, WireCustomField, WireDocument, WireDocumentWithContent, WireIdentity } from '../../paperless';
import { readPrincipals, readTaxonomies, type Collections } from '../collections';
import type { WantedDocument } from '../wanted';

/** A document by names, so that it compares across instances. */
export interface Described {
  wire: WireDocumentWithContent;
  /** Tags are plain names here, every ancestor's among them; custom fields are in `fields`. */
  named: WantedDocument;
  fields: { definition: WireCustomField; value: unknown }[];
  /** It refers to something that the collections, as read, don't have. */
  stale: boolean;
}

/** One instance as the comparison sees it: read only, and nothing known of it but what it says itself. */
export class Side {
  readonly collections: Collections;
  private readonly names: Readonly<Record<keyof Collections, ReadonlyMap<number, string>>>;
  private readonly parents: ReadonlyMap<number, number | null>;
  private readonly fields: ReadonlyMap<number, WireCustomField>;

  private constructor(
    readonly reader: PaperlessReader,
    readonly identity: WireIdentity,
    collections: Collections,
  ) {
    this.collections = collections;
    const byId = (list: readonly { id: number; name: string }[]) => new Map(list.map((e) => [e.id, e.name]));
    this.names = {
      tag: byId(collections.tag),
      correspondent: byId(collections.correspondent),
      documentType: byId(collections.documentType),
      storagePath: byId(collections.storagePath),
      customField: byId(collections.customField),
      group: byId(collections.group),
      user: new Map(collections.user.map((u) => [u.id, u.username])),
    };
    this.parents = new Map(collections.tag.map((t) => [t.id, t.parent]));
    this.fields = new Map(collections.customField.map((f) => [f.id, f]));
  }

  static async read(reader: PaperlessReader, identity: WireIdentity, call: CallOptions): Promise<Side> {
    const taxonomies = await readTaxonomies(reader, call);
    return new Side(reader, identity, { ...taxonomies, ...(await readPrincipals(reader, call)) });
  }

  /** The same instance, its collections read anew. */
  again(call: CallOptions): Promise<Side> {
    return Side.read(this.reader, this.identity, call);
  }

  name(kind: keyof Collections, id: number): string | undefined {
    return this.names[kind].get(id);
  }

  hasUser(name: string): boolean {
    return this.collections.user.some((u) => u.username === name);
  }

  hasGroup(name: string): boolean {
    return this.collections.group.some((g) => g.name === name);
  }

  describe(wire: WireDocumentWithContent): Described {
    let stale = false;
    const name = (kind: keyof Collections, id: number): string => {
      const known = this.name(kind, id);
      if (known === undefined) stale = true;
      return known ?? `#${id}`;
    };
    const nameOrNull = (kind: keyof Collections, id: number | null): string | null => (id === null ? null : name(kind, id));
    const names = (kind: keyof Collections, ids: readonly number[]): string[] => [...new Set(ids.map((id) => name(kind, id)))].sort();
    const side = (given: WireDocument['permissions']['view']) => ({ users: names('user', given.users), groups: names('group', given.groups) });
    const fields: Described['fields'] = [];
    for (const { field, value } of wire.customFields) {
      const definition = this.fields.get(field);
      if (definition === undefined) stale = true;
      else fields.push({ definition, value: value ?? null });
    }
    const named: WantedDocument = {
      title: wire.title,
      created: wire.created,
      correspondent: nameOrNull('correspondent', wire.correspondent),
      document_type: nameOrNull('documentType', wire.documentType),
      storage_path: nameOrNull('storagePath', wire.storagePath),
      tags: names('tag', this.closure(wire.tags)),
      archive_serial_number: wire.archiveSerialNumber,
      custom_fields: fields.map(({ definition, value }) => ({ field: definition.name, value })),
      notes: wire.notes.toSorted((a, b) => a.id - b.id).map((n) => n.note),
      owner: nameOrNull('user', wire.owner),
      permissions: { view: side(wire.permissions.view), change: side(wire.permissions.change) },
      original_file_name: wire.originalFileName,
      content: wire.content,
    };
    return { wire, named, fields, stale };
  }

  /** Names of tags, with those of all that stand above a tag of such a name here. */
  namesWith(tags: readonly string[]): string[] {
    const wanted = new Set(tags);
    const ids = this.collections.tag.flatMap(({ id, name }) => (wanted.has(name) ? id : []));
    return [...new Set([...wanted, ...this.closure(ids).flatMap((id) => this.name('tag', id) ?? [])])].sort();
  }

  /** With all ancestors: the API writes no other sets, so a master's that isn't closed compares by its closure. */
  private closure(tags: readonly number[]): number[] {
    const closed = new Set<number>();
    for (const tag of tags) {
      let at: number | null = tag;
      while (at !== null && !closed.has(at)) {
        closed.add(at);
        at = this.parents.get(at) ?? null;
      }
    }
    return [...closed];
  }
}
