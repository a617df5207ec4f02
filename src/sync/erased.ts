import type { Store, SyncRow } from '../state';
import { storedOption } from './stored-option';
import { everyRow } from './every-row';
import type { RunContext } from './run-context';
import { trashedOf } from './trashed';
import { demandWholeView } from './whole-view';

/** How many sweeps in a row found a document neither on the master nor in its trash; only of those whose copies wait for it. */
const KEY = 'sweep:erased';

/** Copies of gone documents that we moved to the replica's trash, and that can be told from any other there. */
export function trashedCopies(store: Store, replicaId: number): SyncRow[] {
  const gone = [...everyRow(store, replicaId, { status: 'tombstone', verification: 'unreadable' })];
  return gone.filter((row) => row.replicaDocId !== null && row.copyAdded !== null && row.intent === null);
}

/** Looks for what was deleted for good on the master, where a replica is to mirror that. A part of the sweep of ids; asks nothing while no copy waits for it. */
export async function lookForErased(run: RunContext): Promise<void> {
  const { store, master } = run;
  const mirrors = store.replicas.list().filter(({ id }) => storedOption(store, id, 'delete_policy') === 'mirror');
  const wanted = new Set(mirrors.flatMap(({ id }) => trashedCopies(store, id).map(({ masterDocId }) => masterDocId)));
  const before = counts(store);
  const now: Record<string, number> = {};
  if (wanted.size > 0) {
    await demandWholeView(master, run.call);
    const trashed = await trashedOf(master, wanted, run.call);
    const missing = [...wanted].filter((id) => !trashed.has(id));
    const live = new Set((await master.documentsByIds(missing, run.call)).map(({ id }) => id));
    for (const id of missing) if (!live.has(id)) now[id] = (before[id] ?? 0) + 1;
  }
  if (Object.keys(now).length + Object.keys(before).length === 0) return;
  store.fenced(run.epoch, () => store.settings.setFact(KEY, Object.keys(now).length === 0 ? null : JSON.stringify(now)));
}

/** Copies in the replica's trash whose documents were deleted for good on the master, confirmed as often as a deletion has to be. */
export function purgeable(store: Store, replicaId: number): SyncRow[] {
  const confirmed = counts(store);
  const often = store.settings.number('delete_confirmations');
  return trashedCopies(store, replicaId).filter(({ masterDocId }) => (confirmed[masterDocId] ?? 0) >= often);
}

function counts(store: Store): Record<string, number> {
  return JSON.parse(store.settings.fact(KEY) ?? '{}') as Record<string, number>;
}
