import type { Store } from '../state';
import { demandSweeps, unconfirmed, type Environment } from '../sync';
import type { Controller, RunSummary } from './types';

type Options = Parameters<Controller['runUntilSettled']>[0];
type Result = Awaited<ReturnType<Controller['runUntilSettled']>>;

const WHILE_CONSUMING_MS = 2_000;
const AFTER_TROUBLE_MS = 1_000;
/** A replica that failed as a whole in as many cycles running won't be better in a second. */
const PATIENCE = 3;

/** Cycle after cycle until nothing is left that time or another look could settle; a cycle that goes on when the time is over is ended. */
export async function runUntilSettled(controller: Controller, env: Environment, options: Options): Promise<Result> {
  const over = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any(options.signal === undefined ? [over.signal] : [over.signal, options.signal]);
  void env.sleep(options.timeoutMs, done.signal).then(() => over.abort());
  try {
    return await cycles(controller, env, { ...options, signal }, env.now() + options.timeoutMs);
  } finally {
    done.abort();
  }
}

async function cycles(controller: Controller, env: Environment, options: Options & { signal: AbortSignal }, end: number): Promise<Result> {
  const runs: RunSummary[] = [];
  if (options.full === true) controller.demandAll();
  for (;;) {
    if (env.now() >= end) return { settled: false, runs, reason: 'The time given was over before everything was settled.' };
    if (options.signal.aborted) return { settled: false, runs, reason: 'Interrupted.' };
    const result = await controller.runCycle({ trigger: options.trigger, signal: options.signal });
    if ('skipped' in result) return { settled: false, runs, reason: result.skipped };
    runs.push(result);
    const hopeless = result.replicas.find((r) => r.outcome === 'failed' && keepsFailing(runs, r.id));
    if (hopeless !== undefined) return { settled: false, runs, reason: `${hopeless.name}: ${hopeless.message ?? 'failed'}` };
    let pause = pauseBeforeNext(controller.store, result, env.now(), end);
    if (pause === null && options.full === true && unconfirmed(controller.store) > 0) {
      // What is missing has to be missed several times before it counts as deleted.
      demandSweeps(controller.store, ['ids']);
      pause = 0;
    }
    if (pause === null) return { settled: true, runs, reason: null };
    await env.sleep(Math.min(pause, Math.max(0, end - env.now())), options.signal);
  }
}

function keepsFailing(runs: readonly RunSummary[], replicaId: number): boolean {
  const failures = runs.slice(-PATIENCE).filter((run) => run.replicas.some((r) => r.id === replicaId && r.outcome === 'failed'));
  return failures.length >= PATIENCE;
}

/** Milliseconds until another cycle has something to do; null when it would find nothing new. */
export function pauseBeforeNext(store: Store, last: RunSummary, now: number, end: number): number | null {
  if (last.timedOut || last.replicas.some((r) => r.outcome !== 'finished')) return AFTER_TROUBLE_MS;
  const waits = last.replicas.flatMap(({ id, synced }) => {
    const { byStep, verification } = store.registry.counts(id);
    const moved = last.synced > 0 || synced > 0;
    const waiting: number[] = [];
    if (store.registry.inFlight(id).length > 0) waiting.push(WHILE_CONSUMING_MS);
    if (store.registry.workCount(id) > byStep.linking) waiting.push(0);
    // Links and repairs are worth another look only when something arrived meanwhile.
    if (moved && (byStep.linking > 0 || verification.differs > 0)) waiting.push(0);
    for (const row of store.registry.rows(id, { status: 'error', limit: 500 })) {
      if (row.nextRetryAt === null || row.errorClass === 'document') continue;
      const wait = Math.max(0, Date.parse(row.nextRetryAt) - now);
      if (now + wait < end) waiting.push(wait + 10);
    }
    return waiting;
  });
  return waits.length === 0 ? null : Math.min(...waits);
}
