import type { WireDocument } from '../paperless';
import { isoTime } from './instant';
import type { RunContext } from './run-context';

const PAGE = 500;

export interface Link {
  /** Name of the field that it is in. */
  field: string;
  target: number;
}

/** This document's links, as it was last seen. */
export function linksOf(run: RunContext, masterDocId: number): Link[] {
  const master = run.store.registry.masterDoc(masterDocId);
  if (master === null) return [];
  const { customFields } = JSON.parse(master.document) as WireDocument;
  const { fields } = run.masterView();
  return customFields.flatMap(({ field: id, value }) => {
    const field = fields.get(id);
    return field?.dataType === 'documentlink' && Array.isArray(value) ? value.map((target) => ({ field: field.name, target: Number(target) })) : [];
  });
}

function requeue(run: RunContext, replicaId: number, masterDocId: number): void {
  const { registry } = run.store;
  const row = registry.rowFor(replicaId, masterDocId);
  if (row?.status === 'ok' || row?.status === 'limited') registry.move(row.id, { to: 'queued', priority: 1 }, isoTime(run.env.now()));
}

/** Copies that are linked with this document are looked at again: where their links lead has changed. Links go both ways, so its own name them all. */
export function requeueLinked(run: RunContext, replicaId: number, masterDocId: number): void {
  for (const { target } of linksOf(run, masterDocId)) requeue(run, replicaId, target);
}

/**
 * Copies whose links name one of these, which are gone, are looked at again. What was gone before it was seen to be linked doesn't name them back, so
 * all documents are asked, a page at a time.
 */
export async function requeueNaming(run: RunContext, gone: ReadonlySet<number>): Promise<void> {
  const { registry, replicas } = run.store;
  if (gone.size === 0 || ![...run.masterView().fields.values()].some((field) => field.dataType === 'documentlink')) return;
  for (let ids = registry.liveIdsAfter(0, PAGE); ids.length > 0; ids = registry.liveIdsAfter(ids.at(-1) ?? 0, PAGE)) {
    const naming = ids.filter((id) => linksOf(run, id).some(({ target }) => gone.has(target)));
    run.store.fenced(run.epoch, () => {
      for (const replica of replicas.list()) for (const id of naming) requeue(run, replica.id, id);
    });
    // Others have their turn between two pages.
    await run.env.sleep(0);
  }
}
