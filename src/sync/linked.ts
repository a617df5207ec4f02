import type { WireDocument } from '../paperless';
import type { SyncStatus } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { move } from './moves';
import type { LinkTarget } from './replica-view';
import type { RunContext } from './run-context';

const PAGE = 500;
/** Whoever is so, and has no copy, gets none by itself. */
const NOT_COMING: readonly SyncStatus[] = ['limited', 'held', 'quarantined'];

/** The documents that this one's links name, as it was last seen. */
function linksOf(run: RunContext, masterDocId: number): number[] {
  const master = run.store.registry.masterDoc(masterDocId);
  if (master === null) return [];
  const { customFields } = JSON.parse(master.document) as WireDocument;
  const { fields } = run.masterView();
  return customFields.flatMap(({ field, value }) =>
    fields.get(field)?.dataType === 'documentlink' && Array.isArray(value) ? value.map((target) => Number(target)) : [],
  );
}

function requeue(run: RunContext, replicaId: number, masterDocId: number): void {
  const { registry } = run.store;
  const row = registry.rowFor(replicaId, masterDocId);
  if (row?.status === 'ok' || row?.status === 'limited') registry.move(row.id, { to: 'queued', priority: 1 }, isoTime(run.env.now()));
}

/** Copies that are linked with this document are looked at again: where their links lead has changed. Links go both ways, so its own name them all. */
export function requeueLinked(run: RunContext, replicaId: number, masterDocId: number): void {
  for (const target of linksOf(run, masterDocId)) requeue(run, replicaId, target);
}

/**
 * Copies whose links name one of these, which are gone, are looked at again. What was gone before it was seen to be linked doesn't name them back, so
 * all documents are asked, a page at a time.
 */
export async function requeueNaming(run: RunContext, gone: ReadonlySet<number>): Promise<void> {
  const { registry, replicas } = run.store;
  if (gone.size === 0 || ![...run.masterView().fields.values()].some((field) => field.dataType === 'documentlink')) return;
  for (let ids = registry.liveIdsAfter(0, PAGE); ids.length > 0; ids = registry.liveIdsAfter(ids.at(-1) ?? 0, PAGE)) {
    const naming = ids.filter((id) => linksOf(run, id).some((target) => gone.has(target)));
    run.store.fenced(run.epoch, () => {
      for (const replica of replicas.list()) for (const id of naming) requeue(run, replica.id, id);
    });
    // Others have their turn between two pages.
    await run.env.sleep(0);
  }
}

/** Where a link to this document leads on a replica. */
export function linkTarget(lane: Lane, masterDocId: number): LinkTarget {
  const { registry } = lane.run.store;
  const row = registry.rowFor(lane.replicaId, masterDocId);
  if (row !== null && row.replicaDocId !== null && row.status !== 'tombstone') return { id: row.replicaDocId };
  const master = registry.masterDoc(masterDocId);
  if (master === null || master.goneSince !== null) return 'dangling';
  // A copy that this replica can't hold or take, or that is kept back, will not come by itself.
  return row !== null && NOT_COMING.includes(row.status) ? 'dangling' : 'waiting';
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

/** Copies that did without a link to this one, and whose links now all have somewhere to lead, are pushed again: they are whole. */
export function completeLinks(lane: Lane, masterDocId: number): void {
  const { registry } = lane.run.store;
  for (const id of linksOf(lane.run, masterDocId)) {
    const row = registry.rowFor(lane.replicaId, id);
    if (row?.status !== 'limited' || !row.reasons.some((reason) => reason === 'dangling-link' || reason === 'one-sided-link')) continue;
    if (linksOf(lane.run, id).every((target) => linkTarget(lane, target) !== 'dangling')) move(lane, row.id, { to: 'queued', priority: 1 });
  }
}
