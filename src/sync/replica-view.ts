import type { Capabilities, WireCustomField, WireTag } from '../paperless';
import type { Collections } from './collections';
import { optionOf, type MasterView } from './master-view';
import { normalise, type Limit } from './normalise';
import type { MappedKind } from './entity-state';
import type { TargetDocument } from './target';
import { contentHash, splitPath } from './text';
import type { WantedDocument } from './wanted';

/** Where a link of the master's points on the replica. */
export type LinkTarget = { id: number } | 'waiting' | 'dangling' | 'one-sided';

export interface TargetContext {
  /** Text as the master has it, or its hash alone; undefined when neither is known. */
  content?: { text: string } | { hash: string } | undefined;
  /** `field` is the name of the field that the link is in. */
  link(masterDocId: number, field: string): LinkTarget;
  syncOwners: boolean;
}

export interface Translation {
  target: TargetDocument;
  /** Names that the replica doesn't have (yet). */
  missing: { kind: MappedKind; name: string }[];
  limits: Limit[];
  /** Links whose documents aren't on the replica yet. */
  waitingLinks: number;
}

/** A replica's collections as last read, and the way from names to its ids. */
export class ReplicaView {
  private readonly names = new Map<MappedKind, Map<string, number>>();
  private readonly users: Map<string, number>;
  private readonly groups: Map<string, number>;

  constructor(
    readonly collections: Collections,
    private readonly selfId: number,
    private readonly capabilities: Capabilities,
  ) {
    this.users = new Map(collections.user.map((u) => [u.username, u.id]));
    this.groups = new Map(collections.group.map((g) => [g.name, g.id]));
    for (const kind of ['tag', 'correspondent', 'documentType', 'storagePath', 'customField'] as const) this.index(kind);
  }

  /** After the collection of one kind changed. Of twins the unowned one counts, then the oldest. */
  index(kind: MappedKind): void {
    const owner = (e: object): number | null => ('owner' in e ? (e.owner as number | null) : null);
    const list = [...this.collections[kind]].sort((a, b) => Number(owner(a) !== null) - Number(owner(b) !== null) || a.id - b.id);
    const names = new Map<string, number>();
    for (const entity of list) if (!names.has(entity.name)) names.set(entity.name, entity.id);
    this.names.set(kind, names);
  }

  id(kind: MappedKind, name: string): number | undefined {
    return this.names.get(kind)?.get(name);
  }

  userId(name: string): number | undefined {
    return this.users.get(name);
  }

  /** Who a document or entity belongs to: its owner's namesake; without one the sync's own user, so that nobody else sees it. */
  ownerFor(name: string | null): { id: number | null; counterpart: boolean } {
    if (name === null) return { id: null, counterpart: true };
    const id = this.users.get(name);
    return id === undefined ? { id: this.selfId, counterpart: false } : { id, counterpart: true };
  }

  /** The wanted document in this replica's ids. Pure; what is missing is told, not made. */
  translate(wantedAsGiven: WantedDocument, master: MasterView, context: TargetContext): Translation {
    const { document: wanted, created, limits } = normalise(wantedAsGiven, this.capabilities);
    const missing: Translation['missing'] = [];
    const resolve = (kind: MappedKind, name: string | null): number | null => {
      if (name === null) return null;
      const id = this.id(kind, name);
      if (id === undefined) missing.push({ kind, name });
      return id ?? null;
    };
    const tags = wanted.tags.flatMap((path) => splitPath(path).slice(-1)).flatMap((name) => resolve('tag', name) ?? []);
    const closed = this.closure(tags);
    if (this.hasMoreTags(closed, wanted.tags, master)) limits.push('tag-elsewhere');
    const fields = this.translateFields(wanted, master, context, resolve);
    const owner = this.ownerFor(wanted.owner);
    const side = (s: { users: string[]; groups: string[] }) => ({
      users: owner.counterpart ? ascending(s.users.flatMap((n) => this.users.get(n) ?? [])) : [],
      groups: owner.counterpart ? ascending(s.groups.flatMap((n) => this.groups.get(n) ?? [])) : [],
    });
    const own = wanted.content;
    const text = own ?? (context.content && 'text' in context.content ? context.content.text : undefined);
    const hash = text === undefined ? (context.content && 'hash' in context.content ? context.content.hash : undefined) : contentHash(text);
    return {
      target: {
        title: wanted.title,
        created,
        content: text,
        contentHash: hash,
        correspondent: resolve('correspondent', wanted.correspondent),
        documentType: resolve('documentType', wanted.document_type),
        storagePath: resolve('storagePath', wanted.storage_path),
        tags: closed,
        archiveSerialNumber: wanted.archive_serial_number,
        customFields: fields.values,
        notes: wanted.notes,
        owner: context.syncOwners ? owner.id : undefined,
        permissions: context.syncOwners ? { view: side(both(wanted.permissions)), change: side(wanted.permissions.change) } : undefined,
      },
      missing,
      limits: [...limits, ...fields.limits],
      waitingLinks: fields.waiting,
    };
  }

  private translateFields(
    wanted: WantedDocument,
    master: MasterView,
    context: TargetContext,
    resolve: (kind: MappedKind, name: string) => number | null,
  ): { values: { field: number; value: unknown }[]; limits: Limit[]; waiting: number } {
    const values: { field: number; value: unknown }[] = [];
    const limits: Limit[] = [];
    let waiting = 0;
    for (const { field: name, value } of wanted.custom_fields) {
      const id = resolve('customField', name);
      if (id === null) continue;
      const theirs = this.collections.customField.find((f) => f.id === id);
      const ours = master.fieldsByName.get(name);
      if (theirs === undefined) continue;
      if (ours !== undefined && ours.dataType !== theirs.dataType) {
        limits.push('field-type-differs');
        continue;
      }
      if (theirs.dataType === 'documentlink' && Array.isArray(value)) {
        const links = value.map((v) => context.link(Number(v), name));
        if (links.includes('dangling')) limits.push('dangling-link');
        if (links.includes('one-sided')) limits.push('one-sided-link');
        waiting += links.filter((l) => l === 'waiting').length;
        values.push({ field: id, value: links.flatMap((l) => (typeof l === 'object' ? [l.id] : [])) });
      } else if (theirs.dataType === 'select' && typeof value === 'string') {
        const option = ours === undefined ? optionOf(theirs, value) : optionHere(ours, theirs, value);
        if (option === undefined) limits.push('field-value-refused');
        values.push({ field: id, value: option?.id ?? null });
      } else values.push({ field: id, value: value ?? null });
    }
    return { values: values.sort((a, b) => a.field - b.field), limits, waiting };
  }

  /** Paperless adds ancestors and drops the children of what isn't sent: always all of them. */
  private closure(tags: readonly number[]): number[] {
    const byId = new Map<number, WireTag>(this.collections.tag.map((t) => [t.id, t]));
    const closed = new Set<number>();
    for (const tag of tags) {
      let at: number | null = tag;
      while (at !== null && !closed.has(at)) {
        closed.add(at);
        at = byId.get(at)?.parent ?? null;
      }
    }
    return ascending([...closed]);
  }

  /** A tag that stands below others here than there brings those, since paperless holds none without them. */
  private hasMoreTags(closed: readonly number[], wanted: readonly string[], master: MasterView): boolean {
    const allowed = new Set<string>();
    for (const path of wanted) {
      const names = master.namesWith(path);
      if (names === null) return false;
      for (const name of names) allowed.add(name);
    }
    const byId = new Map(this.collections.tag.map(({ id, name }) => [id, name]));
    return closed.some((id) => !allowed.has(byId.get(id) ?? ''));
  }
}

/** The replica's option for a master's: of the same id, else of the same label. */
function optionHere(ours: WireCustomField, theirs: WireCustomField, value: string): { id: string } | undefined {
  const option = optionOf(ours, value);
  if (option === undefined) return optionOf(theirs, value);
  return theirs.selectOptions.find((o) => o.id === option.id) ?? theirs.selectOptions.find((o) => o.label === option.label);
}

/** Paperless lets those see a document who may change it, whether or not that was said. */
function both({ view, change }: WantedDocument['permissions']): WantedDocument['permissions']['view'] {
  return { users: [...view.users, ...change.users], groups: [...view.groups, ...change.groups] };
}

function ascending(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}
