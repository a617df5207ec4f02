import type { PlanStep, Store, SyncRow } from '../../state';
import { bury, deleteLimit, gravesOf } from '../../sync/deletes';
import { purgeable } from '../../sync/erased';
import { storedOption } from '../../sync/stored-option';
import { emptyBody, named } from '../../sync/plan/body';
import { planDeletes, type DeletesPlan, type Grave } from '../../sync/plan/deletes';
import { purge } from '../../sync/purge';
import { ConfigError } from '../types';
import { pairsOf } from './rows';
import type { Bench, Done, Draft, Scope } from './scope';

const POLICIES: readonly string[] = ['keep', 'trash', 'mirror'];

/** Trashes the copies that it names, and deletes for good those in the trash that it names, however many: a person has seen them. */
export const deletes: Scope = {
  library: false,
  also: (store, replicaId) => storedOption(store, replicaId, 'delete_policy'),

  draft({ store, replica }): Draft {
    const policy = storedOption(store, replica.id, 'delete_policy');
    const plan = plannedFor(store, replica.id, policy);
    const summary =
      plan.kept > 0
        ? `The delete policy of ${replica.name} is "keep": ${plan.kept} copies of deleted documents stay.`
        : `${plan.trash.length} copies of documents that are gone on the master would go to the trash of ${replica.name}${plan.purge.length > 0 ? `, and ${plan.purge.length} out of it for good` : ''}.`;
    return drafted(store, replica.name, plan, summary, [
      `A cycle trashes up to ${plan.limit} by itself, and deletes as many for good; more at once waits for such a plan.`,
    ]);
  },

  act: (bench, steps) => buryAll(bench, steps),
};

/** Sets a replica's delete policy, and does what that means for the copies whose documents are gone already. */
export const policy: Scope = {
  library: false,
  also: (store, replicaId) => storedOption(store, replicaId, 'delete_policy'),

  draft({ store, replica }, { deletePolicy }): Draft {
    if (deletePolicy === undefined || !POLICIES.includes(deletePolicy)) {
      throw new ConfigError('delete-policy', 'A plan of scope "policy" needs the new delete policy.', `Give delete_policy: ${POLICIES.join(', ')}.`);
    }
    const plan = plannedFor(store, replica.id, deletePolicy);
    const before = storedOption(store, replica.id, 'delete_policy');
    const draft = drafted(
      store,
      replica.name,
      plan,
      `The delete policy of ${replica.name} would change from "${before}" to "${deletePolicy}"; ${plan.trash.length} copies would go to the trash at once.`,
      ['From then on a cycle trashes copies of deleted documents by this policy, up to its limit.'],
    );
    return { ...draft, body: { ...draft.body, policy: deletePolicy } };
  },

  async act(bench, steps, body) {
    const { run, store, replica } = bench;
    if (body.policy === undefined) throw new Error('A plan of scope policy has one.');
    const options = JSON.stringify({ ...(JSON.parse(replica.options) as object), delete_policy: body.policy });
    store.fenced(run.epoch, () => store.replicas.update(replica.id, { options }));
    return buryAll(bench, steps);
  },
};

function plannedFor(store: Store, replicaId: number, chosen: string): DeletesPlan & { purge: Grave[] } {
  const purge = chosen === 'mirror' ? pairsOf(purgeable(store, replicaId)) : [];
  return { ...planDeletes(pairsOf(gravesOf(store, replicaId)), chosen, deleteLimit(store, replicaId)), purge };
}

function drafted(store: Store, replica: string, plan: DeletesPlan & { purge: Grave[] }, summary: string, notes: string[]): Draft {
  return {
    steps: [...stepsOf(plan.trash, 'trash'), ...stepsOf(plan.purge, 'purge')],
    body: {
      ...emptyBody(replica, summary),
      counts: { trash: plan.trash.length, purge: plan.purge.length, kept: plan.kept },
      deletes: named(store.registry, [...plan.trash, ...plan.purge]),
      notes,
    },
  };
}

function stepsOf(copies: readonly Grave[], action: 'trash' | 'purge'): PlanStep[] {
  return copies.map(({ master, replica }) => ({ masterDocId: master, replicaDocId: replica, action, data: '{}' }));
}

async function buryAll({ run, store, replica, lane, alive }: Bench, steps: Iterable<PlanStep>): Promise<Done> {
  const all = [...steps];
  const writing = all.length === 0 ? null : await lane();
  let trashed = 0;
  const purged: SyncRow[] = [];
  for (const { masterDocId, action } of all) {
    if (run.signal.aborted || writing === null) break;
    const row = store.registry.rowFor(replica.id, masterDocId);
    if (row?.status === 'tombstone' && action === 'purge') purged.push(row);
    else if (row?.status === 'tombstone' && (await bury(writing, row))) trashed += 1;
    alive();
  }
  const erased = writing === null ? 0 : await purge(writing, purged);
  const left = all.length - trashed - erased;
  const rest = left > 0 ? `; ${left} are still there, make a new plan for those` : '';
  const gone = erased > 0 ? `, ${erased} were deleted for good` : '';
  return {
    counts: { trashed, purged: erased, left },
    finished: true,
    message: `${replica.name}: ${trashed} copies went to the trash${gone}${rest}.`,
  };
}
