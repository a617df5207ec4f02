import type { WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import type { Lane } from './lane';
import { changesSince, observe, readObserved, type LinkEnd } from './observed';
import type { Difference } from './plan-document';
import { isRetired, replacements } from './replace';

/**
 * Whether any of these differences of a copy is somebody's change on the replica, rather than what our own writes left there: those of another copy's links,
 * which paperless writes at both ends, a copy that was removed and came again under another number, a name that the master has changed.
 */
export async function isSomebodys(
  lane: Lane,
  row: SyncRow,
  found: WireDocument & { content?: string },
  differences: readonly Difference[],
): Promise<boolean> {
  // What doesn't move a document's `modified` (a tag that was deleted, say) is repaired, whatever the policy.
  if (found.modified === row.observedModified) return false;
  const before = readObserved(row.observedFields);
  if (before === null) return !areLinksInAnotherOrder(differences);
  const { fields, links } = changesSince(before, observe(await lane.view(), found), differences);
  if (fields.length > 0) return true;
  for (const end of links) if (await isSomebodysLink(lane, found.id, end)) return true;
  return false;
}

/**
 * One end of a link came or went without a write to this copy. It is our doing where the document at the other end is a copy that we were writing, or have
 * written and read back since, as its own links say.
 */
async function isSomebodysLink(lane: Lane, copy: number, { field, other, there }: LinkEnd): Promise<boolean> {
  const { store } = lane.run;
  const row = store.registry.rowByReplicaDoc(lane.replicaId, other);
  if (row !== null) {
    const seen = readObserved(row.observedFields);
    return seen !== null && (seen.links[field] ?? []).includes(copy) !== there;
  }
  if (isRetired(lane, other) || replacements(store, lane.replicaId).copies.has(other)) return false;
  // Nobody can link what isn't there; a copy that was removed there keeps its place in others' links.
  return (await lane.writer.documentsByIds([other], lane.call)).length > 0;
}

/** paperless keeps links on both sides: writing those of one copy puts another's in another order, and that is our own doing. */
function areLinksInAnotherOrder(differences: readonly Difference[]): boolean {
  return (
    differences.length > 0 && differences.every(({ field, wanted, found }) => field === 'custom_fields' && unordered(wanted) === unordered(found))
  );
}

function unordered(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    Array.isArray(inner) && inner.every((one) => typeof one === 'number') ? [...inner].sort((a, b) => a - b) : inner,
  );
}
