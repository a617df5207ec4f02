import { settleFreedAsns } from './asn-watch';
import type { Lane } from './lane';
import { isoTime } from './instant';
import { settleLateTwins } from './late-twins';
import { failing } from './instance-failure';
import { move } from './moves';
import { recognisePastLife } from './past-life';
import { settleUnknown } from './settle';
import { layToRest } from './tombstone';
import { settleFreedTwins } from './twin-watch';

export interface PollReport {
  arrived: number;
  waiting: number;
  again: number;
  settled: number;
  /** Errors whose time has come and documents whose serial number or bytes are free by now, back in the queue. */
  retried: number;
}

/** Open tasks that one look asks for (3.x): as many as a window can leave behind, many times over. */
const LOOK = 500;

/** Settles what earlier cycles left in flight, and offers errors again whose time has come. Asks the replica nothing when nothing is in flight. */
export async function pollTasks(lane: Lane): Promise<PollReport> {
  const { store, epoch, env, settings } = lane.run;
  const { signal } = lane;
  const report: PollReport = { arrived: 0, waiting: 0, again: 0, settled: 0, retried: 0 };
  const { planned } = lane;
  if (planned === null) {
    report.retried = store.fenced(epoch, () => store.registry.requeueDue(lane.replicaId, isoTime(env.now()), settings.retryErrorsPerCycle));
    if (lane.doubted) await failing('replica', lane.replica, () => recognisePastLife(lane));
    await failing('replica', lane.replica, () => settleLateTwins(lane));
    report.retried += await failing('replica', lane.replica, () => settleFreedAsns(lane));
    report.retried += await failing('replica', lane.replica, () => settleFreedTwins(lane));
  } else {
    const named = [...planned.documents()];
    report.retried = store.fenced(epoch, () => store.registry.requeueDue(lane.replicaId, isoTime(env.now()), named.length, named));
  }
  // Held and quarantined too, and without asking the flow, which may leave out what is gone: a create of ours would stay unsettled.
  const unsettled = planned === null ? store.registry.goneUnsettled(lane.replicaId) : [];
  const gone = unsettled.map((row) => (row.status === 'pending' ? row : move(lane, row.id, { to: 'queued' })));
  const rows = [...store.registry.inFlight(lane.replicaId), ...gone].filter((row) => planned?.takes(row.masterDocId) !== false);
  if (rows.length === 0) return report;
  await failing('replica', lane.replica, async () => {
    const open = await lane.writer.openTasks(LOOK, lane.call);
    for (const row of rows) {
      if (signal.aborted) return;
      if (row.intent === null) throw new Error(`Row ${row.id} is ${String(row.step)} without an intent.`);
      const known = row.taskId === null || open.some((t) => t.taskId === row.taskId) ? null : await lane.writer.task(row.taskId, lane.call);
      const fate = await settleUnknown(lane, row, row.intent, known === null ? open : [...open, known]);
      report[fate] += 1;
      const now = gone.includes(row) ? store.registry.row(row.id) : null;
      if (now !== null) layToRest(lane.run, now);
    }
    await lane.tasks.acknowledge();
  });
  return report;
}
