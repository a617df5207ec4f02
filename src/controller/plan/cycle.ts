import type { PlanStep, SyncRow } from '../../state';
import { engineSettings, type Lane } from '../../sync';
import { deleteLimit, gravesOf } from '../../sync/deletes';
import { purgeable } from '../../sync/erased';
import { storedOption } from '../../sync/stored-option';
import { emptyBody, named, sampled } from '../../sync/plan/body';
import { planCycle, type Work, type WorkFace } from '../../sync/plan/cycle';
import { planDeletes } from '../../sync/plan/deletes';
import { planFiles, planLost } from '../../sync/plan/files';
import { collectionsMark, planParity } from '../../sync/plan/parity';
import type { StepData } from '../../sync/plan/planned';
import { sizesOf } from '../../sync/plan/sizes';
import { waitingCopies } from '../../sync/replace';
import { parityDue } from '../../sync/parity-due';
import { everyRow } from '../../sync/every-row';
import { pairsOf } from './rows';
import type { Bench, Draft, Scope } from './scope';

/** What the next cycle would do. A cycle of its own does just that, once it is applied: what else is due by then waits for the next. */
export const cycle: Scope = {
  // A document that comes later is not in the plan, and not touched.
  library: false,
  also: (store, replicaId) => [storedOption(store, replicaId, 'delete_policy'), engineSettings(store.settings)],

  async draft(bench): Promise<Draft> {
    const { store, replica } = bench;
    const { registry, settings } = store;
    registry.enqueueMissing(replica.id);
    const { faces, rows } = facesOf(bench);
    const due = planCycle(faces, settings.number('retry_errors_per_cycle'));
    const parity = due.work.length > 0 || parityDue(bench.run, replica.id);
    const lane = parity ? await bench.lane() : null;
    // A copy that verification missed is no matter of a change.
    const missed = due.work.flatMap(({ master }) => rows.get(master) ?? []).filter(({ verification }) => verification === 'unreadable');
    const lost = lane === null || missed.length === 0 ? null : await planLost(lane, missed);
    const work = due.work.map((step) =>
      step.does === 'update' && lost?.gone.has(step.master) === true ? { ...step, replica: null, does: 'upload' as const } : step,
    );
    const of = (kind: Work) => work.filter(({ does }) => does === kind);
    const ids = (kind: Work) => of(kind).map(({ master }) => master);

    const graves = pairsOf(gravesOf(store, replica.id));
    const deletes = planDeletes(graves, storedOption(store, replica.id, 'delete_policy'), deleteLimit(store, replica.id));
    const trash = deletes.trash.length > deletes.limit ? [] : deletes.trash;
    const erased = storedOption(store, replica.id, 'delete_policy') === 'mirror' ? pairsOf(purgeable(store, replica.id)) : [];
    const purge = erased.length > deletes.limit ? [] : erased;
    const waiting = waitingCopies(store, replica.id).filter(({ row, proven }) => row !== null && (proven || rows.has(row.masterDocId)));
    const finished = waiting.flatMap(({ row, copies }) => copies.map((copy) => ({ master: row?.masterDocId ?? 0, replica: copy })));

    const files =
      lane === null
        ? null
        : await planFiles(
            lane,
            ids('update').flatMap((id) => rows.get(id) ?? []),
            bench.alive,
          );
    const names = lane === null || !parity ? null : await namesOf(bench, lane);
    const uploads = sizesOf(registry, ids('upload'), lane?.writer.capabilities.versions === false);
    const bytes = uploads.download + (files?.bytes ?? 0);

    const replaced = [...finished, ...(files?.replaced ?? [])];
    return {
      steps: stepsOf(work, trash, purge, replaced),
      body: {
        ...emptyBody(replica.name, `The next cycle would take up ${work.length} documents for ${replica.name}.`),
        collections: names?.mark ?? null,
        counts: {
          upload: ids('upload').length,
          update: ids('update').length,
          link: ids('link').length,
          settle: ids('settle').length,
          take_up: ids('take_up').length,
          retries: due.retries,
          bring_back: lost?.trashed.size ?? 0,
          versions: files?.given ?? 0,
          replace: files?.replaced.length ?? 0,
          needs_attention: files?.attention ?? 0,
          taxonomies_created: names?.plan.created.length ?? 0,
          taxonomies_changed: names?.plan.changes ?? 0,
          trash: trash.length,
          trash_waiting: deletes.trash.length - trash.length,
          purge: purge.length,
          purge_waiting: erased.length - purge.length,
        },
        bytes: { download: bytes, upload: bytes, exact: uploads.exact && files?.exact !== false },
        samples: {
          upload: sampled(registry, of('upload')),
          update: sampled(registry, of('update')),
          taxonomies: [...(names?.plan.created ?? []), ...(names?.plan.changed ?? [])].slice(0, SAMPLED),
        },
        deletes: [...named(registry, [...trash, ...purge]), ...named(registry, replaced), ...(files?.taken ?? [])],
        notes: [
          "Computed before your flow's nodes: they may hold documents back or change them.",
          'Documents and changes that come later are left to the next cycle.',
          'An upload turns into an adoption, or is limited, where a document with the same bytes is there already. Verification reads, and is not counted.',
          ...(replaced.length > 0 ? ['A copy that is replaced goes to the trash once the new one was read back.'] : []),
          ...((names?.plan.forgotten ?? 0) > 0 ? ['Pairs of names would be given up: every copy is looked at again in later cycles.'] : []),
        ],
      },
    };
  },
};

const SAMPLED = 20;

/** Rows that a cycle may look at, by their master's id, and as its planner sees them. */
function facesOf({ store, env, replica }: Bench): { faces: WorkFace[]; rows: Map<number, SyncRow> } {
  const faces: WorkFace[] = [];
  const rows = new Map<number, SyncRow>();
  const candidates = store.candidates.count(replica.id) > 0 ? new Set(candidateIds(store, replica.id)) : new Set<number>();
  for (const row of everyRow(store, replica.id)) {
    if (row.status !== 'pending' && row.status !== 'error') continue;
    const due = row.nextRetryAt !== null && Date.parse(row.nextRetryAt) <= env.now();
    faces.push({ ...row, open: row.intent !== null, due, retryAt: row.nextRetryAt, candidate: candidates.has(row.masterDocId) });
    rows.set(row.masterDocId, row);
  }
  return { faces, rows };
}

function* candidateIds({ candidates }: Bench['store'], replicaId: number): Generator<number> {
  for (let after = 0; ;) {
    const page = candidates.after(replicaId, after, 500);
    yield* page.map(({ masterDocId }) => masterDocId);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.masterDocId;
  }
}

async function namesOf({ store }: Bench, lane: Lane): Promise<{ mark: string; plan: Awaited<ReturnType<typeof planParity>> }> {
  const view = await lane.look();
  // Before: planning goes through the steps on these very lists.
  const mark = collectionsMark(store, view.collections);
  return { mark, plan: await planParity({ ...lane.parityInput(view), store }) };
}

/** One step a document: copies of it that are replaced stand with what is done to it. */
function stepsOf(
  work: readonly { master: number; replica: number | null; does: Work }[],
  trash: readonly { master: number; replica: number }[],
  purge: readonly { master: number; replica: number }[],
  replaced: readonly { master: number; replica: number }[],
): PlanStep[] {
  const steps = new Map<number, PlanStep>();
  for (const { master, replica, does } of work) steps.set(master, { masterDocId: master, replicaDocId: replica, action: does, data: '{}' });
  for (const { master, replica } of trash) steps.set(master, { masterDocId: master, replicaDocId: replica, action: 'trash', data: '{}' });
  for (const { master, replica } of purge) steps.set(master, { masterDocId: master, replicaDocId: replica, action: 'purge', data: '{}' });
  for (const { master, replica } of replaced) {
    const step = steps.get(master) ?? { masterDocId: master, replicaDocId: replica, action: 'trash', data: '{}' };
    const { replaced: others = [] } = JSON.parse(step.data) as StepData;
    const data: StepData = { replaced: [...others, replica] };
    steps.set(master, { ...step, data: JSON.stringify(data) });
  }
  return [...steps.values()];
}
