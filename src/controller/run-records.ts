import { isPaperlessError } from '../paperless';
import type { ReplicaRow, Store } from '../state';
import { explain, InstanceFailure, isoTime, type Environment } from '../sync';
import type { EndedLane } from './board';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import type { MasterLink } from './master-link';
import type { ControllerEvent, ReplicaSummary, RunSummary } from './types';

export interface RecordsInit {
  store: Store;
  env: Environment;
  instances: Instances;
  master: MasterLink;
  log: (entry: LogEntry) => void;
  emit: (event: ControllerEvent) => void;
}

/** What a run leaves behind: each lane's result, whom a failure counts against, and the summary. */
export class RunRecords {
  private readonly suspendedInRun = new Set<string>();

  constructor(private readonly parts: RecordsInit) {}

  laneEnded(runId: number, replica: ReplicaRow, { numbers, end, timedOut }: EndedLane): void {
    const outcome = end.kind === 'interrupted' ? 'interrupted' : timedOut ? 'timed-out' : end.kind === 'error' ? 'failed' : 'finished';
    let message: string | null = null;
    if (end.kind === 'error' && outcome === 'failed') message = this.laneFailed(replica, end.error, runId);
    else if (outcome === 'finished') {
      if (replica.consecutiveFailures > 0) this.parts.emit({ type: 'replica-recovered', replica: replica.name });
      this.parts.store.replicas.succeeded(replica.id, this.now());
    } else
      message =
        outcome === 'interrupted'
          ? 'The messages of this lane were lost (a deploy, or a missing wire); its documents are back in the queue.'
          : 'The cycle reached its deadline; what is left comes with the next.';
    this.parts.store.runs.closeReplica(
      runId,
      replica.id,
      { outcome, docsSynced: numbers.synced, docsFailed: numbers.failed, docsVerified: numbers.verified, message },
      this.now(),
    );
    this.parts.emit({ type: 'lane-finished', runId: runId, replica: replica.name, outcome });
  }

  /** The sentence for the run; counts towards suspension only what the replica itself did. */
  private laneFailed(replica: ReplicaRow, error: unknown, runId: number): string {
    const told = error instanceof InstanceFailure ? explain(error.error) : explain(error);
    const message = `${told.message} ${told.nextStep}`;
    if (error instanceof InstanceFailure && error.side === 'master') {
      this.parts.master.failed(message);
      this.parts.log({ level: 'error', runId, message: `The master failed: ${message}` });
      return `The master failed: ${message}`;
    }
    this.parts.log({ level: 'error', runId, replicaId: replica.id, message: `${replica.name}: ${message}` });
    this.parts.instances.doubt(String(replica.id));
    const isReplicas = error instanceof InstanceFailure || isPaperlessError(error);
    if (
      isReplicas &&
      this.parts.store.replicas.failed(replica.id, message, this.parts.store.settings.number('replica_suspend_threshold'), this.now())
    ) {
      const failures = this.parts.store.replicas.get(replica.id)?.consecutiveFailures ?? 0;
      this.parts.log({ level: 'error', runId, replicaId: replica.id, message: `replica suspended after ${failures} consecutive failures` });
      this.parts.emit({ type: 'replica-suspended', replica: replica.name, failures, message });
      this.suspendedInRun.add(`${runId}:${replica.id}`);
    }
    return message;
  }

  summarise(runId: number): RunSummary {
    const row = this.parts.store.runs.get(runId);
    if (row === null) throw new Error(`Run ${runId} is gone.`);
    const replicas = this.parts.store.runs.replicasOf(runId).flatMap((r): ReplicaSummary[] => {
      const replica = this.parts.store.replicas.get(r.replicaId);
      if (replica === null) return [];
      return [
        {
          id: r.replicaId,
          name: replica.name,
          outcome: r.outcome ?? 'interrupted',
          synced: r.docsSynced,
          failed: r.docsFailed,
          verified: r.docsVerified,
          message: r.message,
          suspended: replica.suspendedAt !== null,
          suspendedNow: this.suspendedInRun.delete(`${runId}:${r.replicaId}`),
          consecutiveFailures: replica.consecutiveFailures,
          url: replica.url,
        },
      ];
    });
    return {
      runId,
      trigger: row.triggeredBy,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt ?? this.now(),
      timedOut: row.timedOut,
      synced: row.docsSynced,
      failed: row.docsFailed,
      replicas,
    };
  }

  private now(): string {
    return isoTime(this.parts.env.now());
  }
}
