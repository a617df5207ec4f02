import type { ControllerApi, ReplicaStatus, Running, Status } from './controller.js';

/** Counts that move while there is progress. */
function shape(status: Status): string {
  return JSON.stringify(status.replicas.map((r) => [r.ok, r.pending, r.error, r.held, r.limited, r.quarantined, r.verified, r.differs]));
}

/** Nothing of it waits: what can be there is there and was read back. */
export function isVerified(replica: ReplicaStatus, documents: number): boolean {
  const known = replica.ok + replica.limited;
  return (
    replica.pending === 0 &&
    replica.error === 0 &&
    replica.held === 0 &&
    replica.quarantined === 0 &&
    known >= documents &&
    replica.verified >= replica.ok
  );
}

/** No cycle will change it: somebody must act. */
function needsPerson(replica: ReplicaStatus, documents: number): boolean {
  const settled = replica.ok + replica.limited + replica.held + replica.quarantined;
  return replica.status === 'suspended' || (replica.pending === 0 && replica.error === 0 && settled >= documents && replica.verified >= replica.ok);
}

export interface SettleOptions {
  documents: number;
  timeoutMs: number;
  /** Without any count moving for so long, it gives up. */
  stuckMs: number;
  signal: AbortSignal;
  show: (status: Status, running: Running) => void;
}

export type Settled = { verified: true; status: Status } | { verified: false; status: Status; why: string };

/** Asks for cycles until every replica is verified, or nothing moves any more. */
export async function untilVerified(api: ControllerApi, options: SettleOptions): Promise<Settled> {
  const end = Date.now() + options.timeoutMs;
  let [last, lastMove] = ['', Date.now()];
  let refusal: string | null = null;
  for (;;) {
    const [status, running] = [await api.status(), await api.running()];
    options.show(status, running);
    if (shape(status) !== last) [last, lastMove] = [shape(status), Date.now()];
    const open = status.replicas.filter((r) => !isVerified(r, options.documents));
    if (open.length === 0 && !running.running) return { verified: true, status };
    const names = open
      .map((r) => `${r.name} (${r.ok} ok, ${r.verified} verified, ${r.pending} pending, ${r.error} errors, ${r.held} held)`)
      .join('; ');
    if (options.signal.aborted) return { verified: false, status, why: `stopped before the replicas were verified: ${names}` };
    if (!running.running && open.length > 0 && open.every((r) => needsPerson(r, options.documents))) {
      return { verified: false, status, why: `somebody has to act: ${names}` };
    }
    if (Date.now() > end) return { verified: false, status, why: `not verified in ${options.timeoutMs / 1000} s: ${names}` };
    if (Date.now() - lastMove > options.stuckMs)
      return { verified: false, status, why: `nothing moved for ${options.stuckMs / 1000} s: ${names}${refusal === null ? '' : `; ${refusal}`}` };
    if (!running.running) refusal = await api.sync();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
