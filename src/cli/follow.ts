import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { syncSchema } from '../api';
import type { SocketEvent } from '../api/protocol';
import { ask, overSocket } from './connection';
import { CommandError } from './exit';
import type { Progress } from './progress';
import type { SocketClient } from './socket-client';
import { active, isSettled, readStatus } from './summary';

const finishedEvent = z.looseObject({
  type: z.literal('run-finished'),
  summary: z.looseObject({ runId: z.number(), synced: z.number(), failed: z.number() }),
});

const skippedEvent = z.looseObject({ type: z.literal('run-skipped'), message: z.string() });

/** A run that did nothing is followed by a pause: what we wait for (a replica's queue) needs time, not more cycles. */
const PAUSE_MS = 3000;

export interface Settled {
  settled: boolean;
  runs: number;
  reason: string | null;
}

/** Runs that ended, as the controller tells them; whoever waits for one gets it however early it came. */
class Finished {
  private readonly ended = new Map<number, { synced: number; failed: number }>();
  private skipped: string | null = null;
  private wake: () => void = () => undefined;

  take(event: SocketEvent): void {
    const parsed = finishedEvent.safeParse(event);
    const skipped = skippedEvent.safeParse(event);
    if (parsed.success) {
      const { runId, synced, failed } = parsed.data.summary;
      this.ended.set(runId, { synced, failed });
    } else if (skipped.success) this.skipped = skipped.data.message;
    else return;
    this.wake();
  }

  /** The first run with at least this id that ended, or why none began. */
  async next(from: number, stop: Promise<unknown>): Promise<{ runId: number; did: number } | { skipped: string } | 'stopped'> {
    const stopped = stop.then(() => 'stopped' as const);
    for (;;) {
      for (const [runId, { synced, failed }] of this.ended) if (runId >= from) return { runId, did: synced + failed };
      if (this.skipped !== null) return { skipped: this.skipped };
      const woken = new Promise<'woken'>((resolve) => {
        this.wake = () => resolve('woken');
      });
      if ((await Promise.race([woken, stopped])) === 'stopped') return 'stopped';
    }
  }
}

/**
 * Has the running controller (and so the user's flow) do cycles until nothing is left to do, one or many, and tells how that ended.
 * Aborting `signal` ends the waiting, not the controller's cycle.
 */
export async function followUntilSettled(
  client: SocketClient,
  options: { once: boolean; full: boolean; timeoutMs: number; signal: AbortSignal; progress: Progress },
): Promise<Settled> {
  const connection = overSocket(client);
  const finished = new Finished();
  await client.subscribe(['run-finished', 'run-skipped', 'progress'], (event) => {
    finished.take(event);
    options.progress.event(event);
  });

  const timer = new AbortController();
  const over = AbortSignal.any([options.signal, timer.signal]);
  const timeout = setTimeout(() => timer.abort(), options.timeoutMs);
  const stop = Promise.race([new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true })), client.over]);

  let runs = 0;
  let newest = 0;
  let full = options.full;
  try {
    while (!over.aborted) {
      const asked = await ask(syncSchema, connection, 'sync', full ? { full } : {});
      // What was running when we asked may have begun before what we wait for; the run after it counts.
      const from = asked.run_id === null ? newest + 1 : asked.run_id + (asked.queued ? 1 : 0);
      const run = await finished.next(from, stop);
      if (run === 'stopped') break;
      if ('skipped' in run) return { settled: false, runs, reason: run.skipped };
      newest = run.runId;
      runs += 1;
      const status = await readStatus(connection);
      // What is missing on the master has to be missed in several sweeps.
      full = options.full && status.master.unconfirmed_gone > 0;
      if (!full && isSettled(status, run.did === 0)) return { settled: true, runs, reason: null };
      if (options.once) return { settled: false, runs, reason: null };
      if (active(status).length === 0) return { settled: false, runs, reason: 'No replica is enabled and active.' };
      if (run.did === 0) await sleep(PAUSE_MS, undefined, { signal: over }).catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof CommandError && error.code === 'controller-gone')) throw error;
  } finally {
    clearTimeout(timeout);
  }
  if (options.signal.aborted) return { settled: false, runs, reason: 'Interrupted; the controller goes on.' };
  if (timer.signal.aborted) return { settled: false, runs, reason: 'The time was over; the controller goes on.' };
  return { settled: false, runs, reason: 'The controller stopped.' };
}
