import type { PlanStep } from '../../state';
import { isoTime } from '../../sync';
import { planReconcile } from '../../sync/plan/reconcile';
import { adopt, adoptSteps, describeReading, describeReconcile, estimateBytes, forgetUnreadable, readChecksums, survey } from '../../sync/reconcile';
import type { Bench, Done, Draft, Scope } from './scope';

export const reconcile: Scope = {
  library: true,

  async draft({ run, store, replica, look }): Promise<Draft> {
    const side = await look();
    const { masters, replicas, readings } = await survey(run, side);
    if (readings.length > 0) return { body: describeReading(replica.name, readings, await estimateBytes(run, readings)), steps: [] };
    const plan = planReconcile(masters, replicas);
    const unread = [...masters, ...replicas].filter(({ chain }) => chain === null).length;
    return {
      body: describeReconcile(store, replica.name, plan, unread),
      steps: adoptSteps(store, plan, replicas, side.reader.capabilities.checksum),
    };
  },

  act: (bench, steps, body) => (body.complete ? () => adoptAll(bench, steps) : read(bench)),
};

async function read({ run, look, alive }: Bench): Promise<Done> {
  const side = await look();
  const { readings } = await survey(run, side);
  const { read: done, bytes, failed, left } = await readChecksums(run, side, readings, alive);
  return {
    counts: { read: done, bytes, failed, left },
    finished: left === 0,
    message:
      left === 0
        ? `Everything that has to be compared was read (${bytes} bytes); plan again to see what would be adopted.`
        : `${done} documents were read (${bytes} bytes), ${left} are left; apply the plan again to go on.`,
  };
}

/** Local, in the transaction that also says that the plan was applied. */
function adoptAll({ store, env, replica }: Bench, steps: Iterable<PlanStep>): Done {
  const at = isoTime(env.now());
  let adopted = 0;
  store.registry.enqueueMissing(replica.id);
  for (const step of steps) {
    adopt(store, replica.id, step, at);
    adopted += 1;
  }
  forgetUnreadable(store, replica.id);
  return {
    counts: { adopted },
    finished: true,
    message: `${replica.name}: ${adopted} documents that were there already were adopted; the next cycle makes their fields equal and reads them back.`,
  };
}
