import type { WireDocument } from '../paperless';
import { isoTime } from './instant';
import type { Run } from './run';

/** Copies that are linked with this document are looked at again: where their links lead has changed. Links go both ways, so its own name them all. */
export function requeueLinked(run: Run, replicaId: number, masterDocId: number): void {
  const { registry } = run.store;
  const master = registry.masterDoc(masterDocId);
  if (master === null) return;
  const { customFields } = JSON.parse(master.document) as WireDocument;
  const { fields } = run.masterView();
  for (const { field, value } of customFields) {
    if (fields.get(field)?.dataType !== 'documentlink' || !Array.isArray(value)) continue;
    for (const target of value) {
      const linked = registry.rowFor(replicaId, Number(target));
      if (linked?.status === 'ok' || linked?.status === 'limited') registry.move(linked.id, { to: 'queued', priority: 1 }, isoTime(run.env.now()));
    }
  }
}
