import type { WireDocument } from '../paperless';
import { ascending, sortedGrants, type Difference } from './plan-document';
import type { ReplicaView } from './replica-view';
import { contentHash, sha256, stableJson } from './text';

/**
 * What a copy had when it was last read back, in its replica's own ids. Against it a later look tells what came about on the replica since: `modified` alone
 * doesn't, since paperless moves that of a copy also where another one's links are written, or a storage path is renamed.
 */
export interface Observed {
  /** By field, or by `custom_fields.<id>`: a short hash of its value. */
  fields: Record<string, string>;
  /** By id of a custom field that holds links: the documents that were linked, ascending. */
  links: Record<string, number[]>;
}

/** One end of a link that came (`there`) or went since. */
export interface LinkEnd {
  field: number;
  /** The document at the other end. */
  other: number;
  there: boolean;
}

export interface Changes {
  /** Fields whose own value is another one than it was. */
  fields: string[];
  links: LinkEnd[];
}

/** 48 bits: enough to tell one value from the one before it. */
const DIGITS = 12;

export function observe(view: ReplicaView, found: WireDocument & { content?: string }): Observed {
  const links: Observed['links'] = {};
  const values: Record<string, unknown> = {
    title: found.title,
    created: found.created,
    correspondent: found.correspondent,
    document_type: found.documentType,
    storage_path: found.storagePath,
    tags: ascending(found.tags),
    archive_serial_number: found.archiveSerialNumber,
    owner: found.owner,
    permissions: sortedGrants(found.permissions),
    ...(found.content === undefined ? {} : { content: contentHash(found.content) }),
    notes: found.notes.map(({ note }) => note),
  };
  if (found.versions.length > 0) {
    values.file = found.versions.map(({ checksum }) => checksum);
    values.version_labels = found.versions.map(({ label }) => label ?? '');
  }
  for (const { field, value } of found.customFields) {
    if (isLinks(view, field)) links[field] = idsOf(value);
    else values[nameOf(field)] = value ?? null;
  }
  return { fields: Object.fromEntries(Object.entries(values).map(([field, value]) => [field, digest(value)])), links };
}

/** What of these differences came about since `before`. What wasn't looked at then counts as changed. */
export function changesSince(before: Observed, now: Observed, differences: readonly Difference[]): Changes {
  const fields: string[] = [];
  const links: LinkEnd[] = [];
  for (const { field, wanted, found, missing } of differences) {
    if (missing === true) continue;
    if (field !== 'custom_fields') {
      if (before.fields[field] === undefined || before.fields[field] !== now.fields[field]) fields.push(field);
      continue;
    }
    for (const id of fieldsThatDiffer(wanted, found)) {
      const [then, since] = [before.links[id], now.links[id]];
      if (then === undefined && since === undefined) {
        if (before.fields[nameOf(id)] !== now.fields[nameOf(id)]) fields.push(nameOf(id));
        // Only whoever writes a document takes a field from it.
      } else if (then !== undefined && since === undefined) fields.push(nameOf(id));
      else links.push(...ends(id, then ?? [], since ?? []));
    }
  }
  return { fields, links };
}

/** As it is stored with the row. */
export function readObserved(stored: string | null): Observed | null {
  return stored === null ? null : (JSON.parse(stored) as Observed);
}

function ends(field: number, then: readonly number[], since: readonly number[]): LinkEnd[] {
  const came = since.filter((id) => !then.includes(id)).map((other) => ({ field, other, there: true }));
  const went = then.filter((id) => !since.includes(id)).map((other) => ({ field, other, there: false }));
  return [...came, ...went];
}

function fieldsThatDiffer(wanted: unknown, found: unknown): number[] {
  const [ours, theirs] = [wanted, found].map(
    (list) => new Map(((list ?? []) as { field: number; value: unknown }[]).map(({ field, value }) => [field, stableJson(value ?? null)])),
  ) as [Map<number, string>, Map<number, string>];
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter((id) => ours.get(id) !== theirs.get(id));
}

function isLinks(view: ReplicaView, field: number): boolean {
  return view.collections.customField.find(({ id }) => id === field)?.dataType === 'documentlink';
}

function idsOf(value: unknown): number[] {
  return Array.isArray(value) ? ascending(value.map(Number)) : [];
}

function nameOf(field: number): string {
  return `custom_fields.${field}`;
}

function digest(value: unknown): string {
  return sha256(stableJson(value)).slice(0, DIGITS);
}
