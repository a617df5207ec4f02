import type { Difference } from './plan-document';
import type { ReplicaView } from './replica-view';
import { stableJson } from './text';

/** A difference is stored for people to read: by names, and no more of a value than one looks at. */
const LONGEST_TEXT = 200;
const LONGEST_LIST = 50;

/** Differences in a replica's ids, by names and field by field. Texts of documents are never among them: of those only a hash is compared. */
export function describeDifferences(view: ReplicaView, differences: readonly Difference[]): Difference[] {
  return differences
    .flatMap((difference) => named(view, difference))
    .map(({ field, wanted, found }) => ({ field, wanted: cut(wanted), found: cut(found) }));
}

function named(view: ReplicaView, { field, wanted, found }: Difference): Difference[] {
  const both = (name: (value: unknown) => unknown): Difference[] => [{ field, wanted: name(wanted), found: name(found) }];
  const { collections } = view;
  switch (field) {
    case 'correspondent':
      return both((id) => nameOf(collections.correspondent, id));
    case 'document_type':
      return both((id) => nameOf(collections.documentType, id));
    case 'storage_path':
      return both((id) => nameOf(collections.storagePath, id));
    case 'tags':
      return both((ids) => namesOf(collections.tag, ids).sort());
    case 'owner':
      return both((id) => userName(view, id));
    case 'permissions':
      return both((grants) => grantsOf(view, grants));
    case 'content':
      return both((hash) => (typeof hash === 'string' ? `a text with the SHA-256 ${hash.slice(0, 12)}…` : null));
    case 'custom_fields':
      return fieldsOf(view, wanted, found);
    default:
      return both((value) => value ?? null);
  }
}

/** A name that the replica doesn't have is told as it is. */
function nameOf(list: readonly { id: number; name: string }[], id: unknown): string | null {
  if (typeof id === 'string') return id;
  return typeof id === 'number' ? (list.find((entity) => entity.id === id)?.name ?? `#${id}`) : null;
}

function namesOf(list: readonly { id: number; name: string }[], ids: unknown): string[] {
  return Array.isArray(ids) ? ids.flatMap((id) => nameOf(list, id) ?? []) : [];
}

function userName(view: ReplicaView, id: unknown): string | null {
  return typeof id === 'number' ? (view.collections.user.find((user) => user.id === id)?.username ?? `#${id}`) : null;
}

interface Principals {
  users: number[];
  groups: number[];
}

function grantsOf(view: ReplicaView, grants: unknown): string[] {
  if (typeof grants !== 'object' || grants === null) return [];
  return Object.entries(grants as Record<string, Principals>).flatMap(([right, { users, groups }]) => [
    ...users.map((id) => `${right}: user ${userName(view, id) ?? ''}`),
    ...groups.map((id) => `${right}: group ${nameOf(view.collections.group, id) ?? ''}`),
  ]);
}

type FieldValue = { field: number; value: unknown };

/** One difference for each field of a document's that differs. */
function fieldsOf(view: ReplicaView, wanted: unknown, found: unknown): Difference[] {
  const [ours, theirs] = [wanted, found].map((list) => new Map((Array.isArray(list) ? (list as FieldValue[]) : []).map((v) => [v.field, v.value])));
  const ids = [...new Set([...(ours?.keys() ?? []), ...(theirs?.keys() ?? [])])];
  return ids.flatMap((id) => {
    const field = view.collections.customField.find((candidate) => candidate.id === id);
    const show = (values: Map<number, unknown> | undefined): unknown => {
      if (values?.has(id) !== true) return 'not on the document';
      const value = values.get(id) ?? null;
      return field?.dataType === 'select' ? (field.selectOptions.find((option) => option.id === value)?.label ?? value) : value;
    };
    const [a, b] = [show(ours), show(theirs)];
    return stableJson(a) === stableJson(b) ? [] : [{ field: `custom field "${field?.name ?? `#${id}`}"`, wanted: a, found: b }];
  });
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT)}… (${value.length} characters)`;
  if (!Array.isArray(value)) return value ?? null;
  const shown = value.slice(0, LONGEST_LIST).map(cut);
  return value.length <= LONGEST_LIST ? shown : [...shown, `… ${value.length - LONGEST_LIST} more`];
}
