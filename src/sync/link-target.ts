import type { WireDocument } from '../paperless';
import type { SyncStatus } from '../state';
import type { Lane } from './lane';
import { linksOf } from './linked';
import { move } from './moves';
import type { Limit } from './normalise';
import { isWaitingForSomebody } from './outcome';
import type { LinkTarget } from './replica-view';
import type { RunContext } from './run-context';

/** Whoever is so, and has no copy, gets none by itself. */
const NOT_COMING: readonly SyncStatus[] = ['limited', 'held', 'quarantined'];

/** Where a link to this document leads on a replica. */
function linkTarget(lane: Lane, masterDocId: number): LinkTarget {
  const { registry } = lane.run.store;
  const row = registry.rowFor(lane.replicaId, masterDocId);
  if (row !== null && row.replicaDocId !== null && row.status !== 'tombstone') return { id: row.replicaDocId };
  const master = registry.masterDoc(masterDocId);
  if (master === null || master.goneSince !== null) return 'dangling';
  // A copy that this replica can't hold or take, or that is kept back, will not come by itself.
  return row !== null && (NOT_COMING.includes(row.status) || isWaitingForSomebody(row)) ? 'dangling' : 'waiting';
}

/**
 * Where this document's links lead. Paperless writes the other end of each link itself, so that one whose target doesn't name the document back (cut while the
 * target lay in the trash, or given with an upload) can't be made on a replica without changing that target.
 */
export function linksFrom(lane: Lane, { id: source }: Pick<WireDocument, 'id'>): (target: number, field: string) => LinkTarget {
  return (target, field) => {
    const leads = linkTarget(lane, target);
    return leads === 'dangling' || namesBack(lane.run, target, source, field) ? leads : 'one-sided';
  };
}

function namesBack(run: RunContext, target: number, source: number, fieldName: string): boolean {
  const master = run.store.registry.masterDoc(target);
  const field = run.masterView().fieldsByName.get(fieldName)?.id;
  if (master === null || field === undefined) return true;
  const { customFields } = JSON.parse(master.document) as WireDocument;
  return customFields.some((own) => own.field === field && Array.isArray(own.value) && own.value.map(Number).includes(source));
}

/** Why a copy does without a link. */
const LIMITS = { dangling: 'dangling-link', 'one-sided': 'one-sided-link' } as const satisfies Record<string, Limit>;

/** What of a document's links its copy can't have now. */
function limitsOf(lane: Lane, id: number): ReadonlySet<string> {
  const leads = linksFrom(lane, { id });
  const where = linksOf(lane.run, id).map(({ target, field }) => leads(target, field));
  return new Set(where.flatMap((lead) => (lead === 'dangling' || lead === 'one-sided' ? LIMITS[lead] : [])));
}

/** Copies that did without a link, because of this document or another, and now needn't for one of their reasons: they are pushed again. */
export function completeLinks(lane: Lane, masterDocId: number): void {
  const { registry } = lane.run.store;
  for (const { target: id } of linksOf(lane.run, masterDocId)) {
    const row = registry.rowFor(lane.replicaId, id);
    const told = row?.status === 'limited' ? row.reasons.filter((reason) => Object.values<string>(LIMITS).includes(reason)) : [];
    if (row === null || told.length === 0) continue;
    const limits = limitsOf(lane, id);
    if (told.some((reason) => !limits.has(reason))) move(lane, row.id, { to: 'queued', priority: 1 });
  }
}
