import type { PlanStep } from '../../state';
import { deleteLimit, gravesOf } from '../../sync/deletes';
import { storedOption } from '../../sync/lane';
import { emptyBody, named, sampled } from '../../sync/plan/body';
import { planCycle, type Work, type WorkFace } from '../../sync/plan/cycle';
import { planDeletes } from '../../sync/plan/deletes';
import { sizesOf } from '../../sync/plan/sizes';
import { everyRow } from './rows';
import type { Draft, Scope } from './scope';

/** What the next cycle would do. Applying it checks that this is still so; the cycle itself is then started as any other. */
export const cycle: Scope = {
  library: true,
  also: (store, replicaId) => storedOption(store, replicaId, 'delete_policy'),

  draft({ store, env, replica }): Draft {
    const { registry, settings } = store;
    registry.enqueueMissing(replica.id);
    const faces: WorkFace[] = [];
    for (const row of everyRow(store, replica.id)) {
      if (row.status !== 'pending' && row.status !== 'error') continue;
      const due = row.nextRetryAt !== null && Date.parse(row.nextRetryAt) <= env.now();
      faces.push({ ...row, open: row.intent !== null, due });
    }
    const { work, retries } = planCycle(faces, settings.number('retry_errors_per_cycle'));
    const graves = gravesOf(store, replica.id).flatMap((row) =>
      row.replicaDocId === null ? [] : [{ master: row.masterDocId, replica: row.replicaDocId }],
    );
    const deletes = planDeletes(graves, storedOption(store, replica.id, 'delete_policy'), deleteLimit(store, replica.id));
    const trash = deletes.trash.length > deletes.limit ? [] : deletes.trash;
    const of = (kind: Work) => work.filter(({ does }) => does === kind);
    const { download, exact } = sizesOf(
      registry,
      of('upload').map(({ master }) => master),
    );
    return {
      steps: [
        ...work.map(({ master, replica: copy, does }): PlanStep => ({ masterDocId: master, replicaDocId: copy, action: does, data: '{}' })),
        ...trash.map(({ master, replica: copy }): PlanStep => ({ masterDocId: master, replicaDocId: copy, action: 'trash', data: '{}' })),
      ],
      body: {
        ...emptyBody(replica.name, `The next cycle would take up ${work.length} documents for ${replica.name}.`),
        counts: {
          upload: of('upload').length,
          update: of('update').length,
          link: of('link').length,
          settle: of('settle').length,
          retries,
          trash: trash.length,
          trash_waiting: deletes.trash.length - trash.length,
        },
        bytes: { download, upload: download, exact },
        samples: { upload: sampled(registry, of('upload')), update: sampled(registry, of('update')) },
        deletes: named(registry, trash),
        notes: [
          "Computed before your flow's nodes: they may hold documents back or change them.",
          'An upload turns into an adoption where a document with the same bytes is there already. Verification reads, and is not counted.',
        ],
      },
    };
  },

  act:
    ({ replica }) =>
    () => ({ counts: {}, finished: true, message: `A cycle of ${replica.name} was started.` }),
};
