import type { DocumentPatch, WireDocument } from '../paperless';
import { contentHash, stableJson } from './text';
import type { TargetDocument } from './target';

/** A field in which a replica's document is not what is wanted; values cut for people to read. */
export interface Difference {
  field: string;
  wanted: unknown;
  found: unknown;
  /** The replica has nothing of a name that is wanted: nothing that the copy itself has is said by that. */
  missing?: true;
}

export interface DocumentPlan {
  /** Only what differs; custom fields whole, since paperless replaces them whole. Empty: nothing to PATCH. */
  patch: DocumentPatch;
  /** Ids of notes to take away, then texts to add, in order. */
  notes: { remove: number[]; add: string[] };
  differences: Difference[];
}

/** What a document needs to become the target. `found` null: just uploaded, nothing known but the file. Pure. */
export function planDocument(target: TargetDocument, found: (WireDocument & { content?: string }) | null): DocumentPlan {
  const patch: DocumentPatch = {};
  const differences: Difference[] = [];
  const differs = (field: string, wanted: unknown, seen: unknown): boolean => {
    if (found !== null && stableJson(wanted) === stableJson(seen)) return false;
    differences.push({ field, wanted, found: seen });
    return true;
  };

  if (differs('title', target.title, found?.title)) patch.title = target.title;
  if (target.created !== undefined && differs('created', target.created, found?.created)) patch.created = target.created;
  if (differs('correspondent', target.correspondent, found?.correspondent)) patch.correspondent = target.correspondent;
  if (differs('document_type', target.documentType, found?.documentType)) patch.documentType = target.documentType;
  if (differs('storage_path', target.storagePath, found?.storagePath)) patch.storagePath = target.storagePath;
  if (differs('tags', target.tags, found && ascending(found.tags))) patch.tags = target.tags;
  if (differs('archive_serial_number', target.archiveSerialNumber, found?.archiveSerialNumber))
    patch.archiveSerialNumber = target.archiveSerialNumber;
  if (differs('custom_fields', target.customFields, found && byField(found.customFields))) patch.customFields = target.customFields;
  if (target.owner !== undefined && differs('owner', target.owner, found?.owner)) patch.owner = target.owner;
  if (target.permissions !== undefined && differs('permissions', sortedGrants(target.permissions), found && sortedGrants(found.permissions))) {
    patch.permissions = target.permissions;
  }
  if (target.contentHash !== undefined) {
    const seen = found?.content === undefined ? undefined : contentHash(found.content);
    if (differs('content', target.contentHash, seen) && target.content !== undefined) patch.content = target.content;
  }

  const notes = planNotes(target.notes, found?.notes ?? []);
  if (notes.remove.length > 0 || notes.add.length > 0) {
    differences.push({ field: 'notes', wanted: target.notes, found: (found?.notes ?? []).map((n) => n.note) });
  }
  return { patch, notes, differences };
}

export function isEmpty(plan: DocumentPlan): boolean {
  return plan.differences.length === 0;
}

/** Notes can only be added at the end: the common beginning stays, what follows is taken away and written anew. */
function planNotes(wanted: readonly string[], found: readonly { id: number; note: string }[]): { remove: number[]; add: string[] } {
  let same = 0;
  while (same < wanted.length && same < found.length && wanted[same] === found[same]?.note) same += 1;
  return { remove: found.slice(same).map((n) => n.id), add: wanted.slice(same) };
}

export function ascending(ids: readonly number[]): number[] {
  return [...ids].sort((a, b) => a - b);
}

function byField(fields: readonly { field: number; value: unknown }[]): { field: number; value: unknown }[] {
  return fields.map(({ field, value }) => ({ field, value })).sort((a, b) => a.field - b.field);
}

interface Principals {
  users: number[];
  groups: number[];
}

export function sortedGrants(p: { view: Principals; change: Principals }): { view: Principals; change: Principals } {
  const side = (s: Principals): Principals => ({ users: ascending(s.users), groups: ascending(s.groups) });
  return { view: side(p.view), change: side(p.change) };
}
