import { z } from 'zod';
import { readPending, type PendingAlert } from '../../controller/alerts-pending';
import type { ReplicaRow, RunRow } from '../../state';
import { count, isoTime, optionalTime } from '../fields';
import { defineOperation, type OperationContext } from '../operation';
import { preflightSchema, preflightShape } from '../preflight';

/** The PRD's badges. `syncing` also while work waits for the next cycle: nothing failed, but the replica isn't there yet. */
const STATUSES = ['synced', 'syncing', 'error', 'unreachable', 'suspended'] as const;
export type ReplicaStatus = (typeof STATUSES)[number];

/** How many of a replica's last cycles a status carries. */
const LAST_CYCLES = 20;

const cycle = z.object({
  run_id: z.number().int(),
  started_at: isoTime,
  finished_at: optionalTime,
  outcome: z.string().nullable(),
  synced: count,
  failed: count,
  verified: count,
  triggered_by: z.string(),
});

const replicaStatus = z.object({
  id: z.number().int(),
  name: z.string(),
  url: z.string(),
  version: z.string().nullable(),
  enabled: z.boolean(),
  status: z.enum(STATUSES),
  documents: count.nullable().describe('What the replica itself counted at the last contact'),
  total: count.describe('Master documents that the registry has a row for'),
  ok: count,
  pending: count,
  linking: count.describe('Of the pending: complete but for links to documents that are not there yet'),
  in_flight: count.describe('Of the pending: sent, and the outcome is not known yet'),
  in_flight_since: optionalTime.describe('When the oldest of these was sent'),
  error: count,
  held: count,
  limited: count,
  quarantined: count,
  tombstone: count,
  verified: count.describe('Read back and found equal at the version that is wanted now'),
  differs: count,
  never: count,
  unverified: count.describe('At least so many documents on the replica wait for their first check at this version'),
  lag_seconds: z.number().nonnegative().nullable().describe('Since the last successful cycle; null before the first'),
  lag_items: count.describe('Documents that still have to reach the replica'),
  oldest_waiting: optionalTime.describe("The master's `modified` of the document that waits longest"),
  last_sync_ts: optionalTime,
  consecutive_failures: count,
  suspended_at: optionalTime,
  last_error: z.string().nullable(),
  preflight: preflightSchema.nullable().describe('null: not looked at yet'),
  last_cycles: z.array(cycle),
});

const lastSync = z.object({
  run_id: z.number().int(),
  started_at: isoTime,
  finished_at: isoTime,
  duration_seconds: z.number().nonnegative(),
  synced: count,
  failed: count,
  triggered_by: z.string(),
  timed_out: z.boolean(),
});

export const statusSchema = z.object({
  state: z.enum(['starting', 'running', 'draining', 'stopped']),
  paused: z.boolean(),
  flow: z.boolean().describe('Whether a flow drives the cycles'),
  master: z.object({
    url: z.string().nullable(),
    version: z.string().nullable(),
    ok: z.boolean(),
    message: z.string().nullable(),
    last_contact: optionalTime,
    documents: count.describe('What the registry knows of'),
    preflight: preflightSchema.nullable(),
    unconfirmed_gone: count.describe('Documents that sweeps have missed, but not often enough to count as deleted'),
  }),
  replicas: z.array(replicaStatus),
  last_sync: lastSync.nullable(),
  alerts: z.object({
    waiting: count.describe('Alerts that the target has not taken yet'),
    since: optionalTime.describe('When the first of them was called for'),
    next_attempt: optionalTime,
    error: z.string().nullable().describe('Why the last attempt failed'),
  }),
});

export type Status = z.infer<typeof statusSchema>;
export type StatusOfReplica = z.infer<typeof replicaStatus>;

/** One badge for a replica, the gravest that holds. */
export function badge(replica: ReplicaRow, facts: { working: boolean; failed: number; waiting: number }): ReplicaStatus {
  if (replica.suspendedAt !== null) return 'suspended';
  if (facts.working) return 'syncing';
  if (replica.lastError !== null) return 'unreachable';
  if (facts.failed > 0) return 'error';
  return facts.waiting > 0 || replica.lastSyncTs === null ? 'syncing' : 'synced';
}

function secondsBetween(from: string, to: string | number): number {
  const end = typeof to === 'number' ? to : Date.parse(to);
  return Math.max(0, Math.round((end - Date.parse(from)) / 1000));
}

function ofReplica({ controller }: OperationContext, replica: ReplicaRow, now: number): z.input<typeof replicaStatus> {
  const counts = controller.counts(replica.id);
  const { registry, runs } = controller.store;
  const cycles = runs.lastOf(replica.id, LAST_CYCLES);
  const failed = counts.byStatus.error + counts.byStatus.quarantined;
  const sent = registry.inFlight(replica.id).flatMap(({ intent }) => intent?.at ?? []);
  const waiting = counts.byStatus.pending + counts.byStatus.error;
  return {
    id: replica.id,
    name: replica.name,
    url: replica.url,
    version: replica.version,
    enabled: replica.enabled,
    status: badge(replica, { working: cycles[0] !== undefined && cycles[0].finishedAt === null, failed, waiting: counts.byStatus.pending }),
    documents: replica.documentCount,
    total: counts.total,
    ok: counts.byStatus.ok,
    pending: counts.byStatus.pending,
    linking: counts.byStep.linking,
    in_flight: sent.length,
    in_flight_since: sent.reduce<string | null>((oldest, at) => (oldest === null || at < oldest ? at : oldest), null),
    error: counts.byStatus.error,
    held: counts.byStatus.held,
    limited: counts.byStatus.limited,
    quarantined: counts.byStatus.quarantined,
    tombstone: counts.byStatus.tombstone,
    verified: counts.verifiedCurrent,
    differs: counts.verification.differs,
    never: counts.verification.never,
    unverified: registry.unverified(replica.id, 0, 1).length === 0 ? 0 : Math.max(1, counts.byStatus.ok - counts.verifiedCurrent),
    lag_seconds: replica.lastSyncTs === null ? null : secondsBetween(replica.lastSyncTs, now),
    lag_items: waiting,
    oldest_waiting: registry.oldestWaiting(replica.id),
    last_sync_ts: replica.lastSyncTs,
    consecutive_failures: replica.consecutiveFailures,
    suspended_at: replica.suspendedAt,
    last_error: replica.lastError,
    preflight: preflightShape(controller.store, replica.id),
    last_cycles: cycles.map((c) => ({
      run_id: c.runId,
      started_at: c.startedAt,
      finished_at: c.finishedAt,
      outcome: c.outcome,
      synced: c.docsSynced,
      failed: c.docsFailed,
      verified: c.docsVerified,
      triggered_by: c.triggeredBy,
    })),
  };
}

function summaryOf(run: RunRow | undefined): z.input<typeof lastSync> | null {
  if (run?.finishedAt == null) return null;
  return {
    run_id: run.id,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    duration_seconds: secondsBetween(run.startedAt, run.finishedAt),
    synced: run.docsSynced,
    failed: run.docsFailed,
    triggered_by: run.triggeredBy,
    timed_out: run.timedOut,
  };
}

function alertsOf(waiting: readonly PendingAlert[]): z.input<typeof statusSchema>['alerts'] {
  const earliest = (times: number[]): string | null => (times.length === 0 ? null : new Date(Math.min(...times)).toISOString());
  return {
    waiting: waiting.length,
    since: earliest(waiting.map(({ since }) => since)),
    next_attempt: earliest(waiting.map(({ nextAt }) => nextAt)),
    error: waiting.find(({ error }) => error !== null)?.error ?? null,
  };
}

export const readStatus = defineOperation({
  id: 'status',
  method: 'GET',
  path: '/api/status',
  summary: 'Master, replicas with their counts and lag, the last sync',
  input: z.object({}),
  output: statusSchema,
  status: 200,
  handler(ctx) {
    const { controller } = ctx;
    const { store } = controller;
    const now = (ctx.now?.() ?? new Date()).getTime();
    const master = controller.master();
    return {
      state: controller.state,
      paused: store.settings.get('paused') === true,
      flow: controller.flowAttached,
      master: {
        url: master.url,
        version: master.version,
        ok: master.ok,
        message: master.message,
        last_contact: master.lastContactAt,
        documents: store.registry.masterDocCount(),
        preflight: preflightShape(store, null),
        unconfirmed_gone: master.unconfirmedGone,
      },
      replicas: store.replicas.list().map((replica) => ofReplica(ctx, replica, now)),
      // At most one run is open, so that the newest finished one is among the newest two.
      last_sync: summaryOf(store.runs.list({ limit: 2 }).find((run) => run.finishedAt !== null)),
      alerts: alertsOf(readPending(store)),
    };
  },
});
