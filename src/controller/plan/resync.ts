import type { PlanStep, Store } from '../../state';
import { forgetParity } from '../../sync/parity';
import { emptyBody, sampled } from '../../sync/plan/body';
import { planResync, type MapFace } from '../../sync/plan/resync';
import { sizesOf } from '../../sync/plan/sizes';
import { forgetPreflight, instanceKey } from '../../sync/preflight';
import { forgetRetired, replacements } from '../../sync/replace';
import { forgetIdentity } from '../identity';
import { everyRow } from '../../sync/every-row';
import { liveIds } from './rows';
import type { Draft, Scope } from './scope';

export const resync: Scope = {
  library: true,

  draft({ store, replica }): Draft {
    const { registry } = store;
    const plan = planResync(mapOf(store, replica.id), liveIds(store));
    const { download, exact } = sizesOf(registry, plan.upload);
    const steps = [
      ...plan.candidates.map(({ master, replica: copy }): PlanStep => step(master, copy, 'candidate')),
      ...plan.forget.map((master) => step(master, null, 'forget')),
      ...plan.keep.map((master) => step(master, null, 'keep')),
    ];
    return {
      steps,
      body: {
        ...emptyBody(replica.name, `The map of ${replica.name} would be forgotten and built anew; its documents stay where they are.`),
        counts: {
          forget: plan.candidates.length + plan.forget.length,
          candidates: plan.candidates.length,
          upload: plan.upload.length,
          keep: plan.keep.length,
        },
        bytes: { download, upload: download, exact },
        samples: {
          upload: sampled(
            registry,
            plan.upload.map((master) => ({ master, replica: null })),
          ),
        },
        notes: [
          'The next cycle reads each pair that was known and takes it up again where the bytes are right; only what is not there is uploaded.',
          'Rows with an upload or a replacement under way and those of deleted documents are kept.',
          'A suspension of the replica ends, and it is learned anew what it is known by.',
        ],
      },
    };
  },

  act:
    ({ store, replica }) =>
    () => {
      const { rows, candidates } = store.candidates.wipe(replica.id, replacements(store, replica.id).rows);
      const queued = store.registry.enqueueMissing(replica.id);
      forgetInstance(store, replica.id);
      return {
        counts: { forgotten: rows, candidates, queued },
        finished: true,
        message: `${replica.name}: ${rows} rows were forgotten; ${candidates} pairs are taken up again by the next cycle where a read proves them.`,
      };
    },
};

/** Whatever else was known of it by a number: of an emptied instance, or one from a backup, the number may be another thing's. */
function forgetInstance(store: Store, replicaId: number): void {
  forgetIdentity(store.settings, instanceKey(replicaId));
  forgetPreflight(store.settings, instanceKey(replicaId));
  forgetParity(store, replicaId);
  forgetRetired(store, replicaId);
  store.registry.forgetReplicaDocs(replicaId);
  if (store.replicas.get(replicaId)?.suspendedAt != null) store.replicas.unsuspend(replicaId);
}

function step(masterDocId: number, replicaDocId: number | null, action: string): PlanStep {
  return { masterDocId, replicaDocId, action, data: '{}' };
}

function mapOf(store: Store, replicaId: number): MapFace[] {
  const { rows: replaced } = replacements(store, replicaId);
  return [...everyRow(store, replicaId)].map((row) => ({
    masterDocId: row.masterDocId,
    replicaDocId: row.replicaDocId,
    kept: row.intent !== null || row.status === 'tombstone' || replaced.has(row.id),
  }));
}
