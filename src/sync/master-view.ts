import type { WireCustomField, WireDocument, WirePermissions, WireStoragePath, WireTag, WireTaxon } from '../paperless';
import type { Entities, EntityKind } from '../state';
import { noteText } from './note-text';
import { joinPath, splitPath } from './text';
import type { WantedDocument } from './wanted';

/** The master's collections as last recorded, by id. Made anew when they changed. */
export class MasterView {
  private readonly byId = new Map<EntityKind, Map<number, string>>();
  private readonly tagPaths = new Map<number, string>();
  readonly fields = new Map<number, WireCustomField>();
  readonly fieldsByName = new Map<string, WireCustomField>();
  readonly tagsByName = new Map<string, WireTag>();
  /** By path: the names on it, for paths as a document is described by. */
  private readonly knownPaths = new Map<string, readonly string[]>();
  /** By a tag's own name, all that stand above a tag of that name. */
  private readonly above = new Map<string, Set<string>>();
  readonly storagePathsByName = new Map<string, WireStoragePath>();

  constructor(
    entities: Entities,
    private readonly rules: { notePrefix: boolean },
  ) {
    for (const kind of ['correspondent', 'documentType', 'storagePath', 'user', 'group', 'customField', 'tag'] as const) {
      this.byId.set(kind, new Map(entities.master(kind).map((row) => [row.id, row.name])));
    }
    for (const row of entities.master('customField')) {
      const field = JSON.parse(row.data) as WireCustomField;
      this.fields.set(row.id, field);
      this.fieldsByName.set(field.name, field);
    }
    for (const row of entities.master('storagePath')) this.storagePathsByName.set(row.name, JSON.parse(row.data) as WireStoragePath);
    const tags = new Map(entities.master('tag').map((row) => [row.id, JSON.parse(row.data) as WireTag]));
    for (const [id, tag] of tags) {
      this.tagsByName.set(tag.name, tag);
      const names = lineage(id, tags);
      const path = joinPath(names);
      this.tagPaths.set(id, path);
      this.knownPaths.set(path, names);
      this.above.set(tag.name, new Set([...(this.above.get(tag.name) ?? []), ...names]));
    }
  }

  /**
   * Names that a document has with a tag, itself among them. A path that is none of ours is the flow's, which may name a tag by its end alone: then all that stand
   * above one of that name. null: there is no such tag here, so nothing is known of it.
   */
  namesWith(path: string): Iterable<string> | null {
    return this.knownPaths.get(path) ?? this.above.get(splitPath(path).at(-1) ?? '') ?? null;
  }

  name(kind: EntityKind, id: number): string | undefined {
    return this.byId.get(kind)?.get(id);
  }

  /** Ids that the document holds and the recorded collections don't: they were made after the collections were read. */
  unknownTo(document: WireDocument): EntityKind[] {
    const missing = new Set<EntityKind>();
    const look = (kind: EntityKind, id: number | null): void => {
      if (id !== null && this.name(kind, id) === undefined) missing.add(kind);
    };
    look('correspondent', document.correspondent);
    look('documentType', document.documentType);
    look('storagePath', document.storagePath);
    look('user', document.owner);
    for (const tag of document.tags) look('tag', tag);
    for (const { field } of document.customFields) look('customField', field);
    for (const side of [document.permissions.view, document.permissions.change]) {
      for (const user of side.users) look('user', user);
      for (const group of side.groups) look('group', group);
    }
    return [...missing];
  }

  /** The document by names. What has no name any more (deleted meanwhile) is left out: the sweep or the next change brings the rest. */
  describe(document: WireDocument): WantedDocument {
    const named = (kind: EntityKind, id: number | null): string | null => (id === null ? null : (this.name(kind, id) ?? null));
    const names = (kind: EntityKind, ids: readonly number[]): string[] => ids.flatMap((id) => this.name(kind, id) ?? []).sort();
    const side = (p: WirePermissions['view']) => ({ users: names('user', p.users), groups: names('group', p.groups) });
    return {
      title: document.title,
      created: document.created,
      correspondent: named('correspondent', document.correspondent),
      document_type: named('documentType', document.documentType),
      storage_path: named('storagePath', document.storagePath),
      tags: document.tags.flatMap((id) => this.tagPaths.get(id) ?? []).sort(),
      archive_serial_number: document.archiveSerialNumber,
      custom_fields: document.customFields
        .flatMap(({ field, value }) => {
          const definition = this.fields.get(field);
          return definition ? [{ field: definition.name, value: toFlowValue(definition, value) }] : [];
        })
        .sort((a, b) => (a.field < b.field ? -1 : 1)),
      notes: document.notes.map((note) => noteText(note, this.rules.notePrefix)),
      // An owner without a name must not become "no owner": unowned documents are everybody's.
      owner: document.owner === null ? null : (this.name('user', document.owner) ?? `#${document.owner}`),
      permissions: { view: side(document.permissions.view), change: side(document.permissions.change) },
      original_file_name: document.originalFileName,
    };
  }
}

function lineage(id: number, tags: ReadonlyMap<number, WireTag | WireTaxon>): string[] {
  const names: string[] = [];
  let at: number | null = id;
  // Paperless allows five levels; the bound keeps a broken tree from hanging us.
  for (let depth = 0; at !== null && depth < 16; depth += 1) {
    const tag = tags.get(at) as WireTag | undefined;
    if (tag === undefined) break;
    names.unshift(tag.name);
    at = tag.parent;
  }
  return names;
}

/** A select shows its option's label, unless that could be taken for another option (the same label, or an id that reads like it): then the id stays. */
function toFlowValue(field: WireCustomField, value: unknown): unknown {
  if (field.dataType !== 'select' || typeof value !== 'string') return value;
  const option = field.selectOptions.find((o) => o.id === value);
  if (option === undefined) return value;
  const ambiguous = field.selectOptions.some((o) => o !== option && (o.label === option.label || o.id === option.label));
  return ambiguous ? value : option.label;
}

/** The option a flow's select value means: an id first, else the only label; undefined when the field has no such option. */
export function optionOf(field: Pick<WireCustomField, 'selectOptions'>, value: string): { id: string; label: string } | undefined {
  return field.selectOptions.find((o) => o.id === value) ?? field.selectOptions.find((o) => o.label === value);
}
