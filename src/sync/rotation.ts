import type { Store, SyncRow } from '../state';
import { isoTime } from './instant';
import type { RunContext } from './run-context';

/** Copies read in one request. */
export const CHUNK = 50;

const DAY_MS = 86_400_000;

/** How far the share has come: looks that are due by the time that passed, and since when. */
export interface Pace {
  at: number;
  credit: number;
}

/**
 * Earns looks by time: all of `population` in one window. A pause earns a day at most, so that what follows it is no storm; whatever grew too old meanwhile is
 * due by its age.
 */
export function earn(pace: Pace | null, population: number, windowMs: number, now: number): Pace {
  if (pace === null) return { at: now, credit: 0 };
  const passed = Math.min(Math.max(0, now - pace.at), DAY_MS);
  return { at: now, credit: Math.min(population, pace.credit + (population * passed) / windowMs) };
}

export interface RotationInput {
  store: Pick<Store, 'registry' | 'settings'>;
  replicaId: number;
  windowMs: number;
  /** Everything that was looked at before this is due now, because somebody asked for it. */
  demanded: string | null;
  now: () => number;
}

/**
 * Which copies are looked at in a cycle, chunk by chunk: those never proven at their version and those older than the window in turn, so that neither waits for
 * the other; then a share of the rest, the longest ago first and in whole chunks, so that most cycles ask nothing. After a cycle that wasn't cut short
 * nobody is older than the window. Whoever takes a chunk records what it saw before it asks for the next.
 */
export function* rotation({ store, replicaId, windowMs, demanded, now }: RotationInput): Generator<SyncRow[], void> {
  const { registry, settings } = store;
  const begun = now();
  const aged = demanded ?? isoTime(begun - windowMs);
  const population = populationOf(store, replicaId);
  const pace = earn(paceOf(settings, replicaId), population, windowMs, begun);
  // Nobody twice, also where the clock is set back meanwhile.
  let left = population;
  const oldest = (): SyncRow[] => registry.verifiedBefore(replicaId, isoTime(begun), Math.min(CHUNK, left));
  const spend = (looks: number): void => {
    left -= looks;
    pace.credit = Math.max(0, pace.credit - looks);
    settings.setFact(paceKey(replicaId), JSON.stringify(pace));
  };
  spend(0);

  let after = 0;
  for (let unproven = true, old = true; unproven || old;) {
    // A request for one costs what one for a chunk does.
    const aging: SyncRow[] = old && registry.verifiedBefore(replicaId, aged, 1).length > 0 ? oldest() : [];
    old = aging.length > 0;
    if (old) {
      yield aging;
      spend(aging.length);
    }
    const news: SyncRow[] = unproven ? registry.unverified(replicaId, after, CHUNK) : [];
    unproven = news.length > 0;
    if (unproven) yield news;
    after = news.at(-1)?.id ?? after;
  }
  for (let share = oldest(); pace.credit >= CHUNK && share.length > 0; share = oldest()) {
    yield share;
    spend(share.length);
  }
}

/** Whether a look is due: by age, by its share, or because a copy was never proven at its version. Asks the registry alone. */
export function isLookDue({ store, replicaId, windowMs, demanded, now }: RotationInput): boolean {
  const { registry, settings } = store;
  if (registry.unverified(replicaId, 0, 1).length > 0) return true;
  if (registry.verifiedBefore(replicaId, demanded ?? isoTime(now() - windowMs), 1).length > 0) return true;
  return earn(paceOf(settings, replicaId), populationOf(store, replicaId), windowMs, now()).credit >= CHUNK;
}

function populationOf({ registry }: Pick<Store, 'registry'>, replicaId: number): number {
  const { byStatus } = registry.counts(replicaId);
  return byStatus.ok + byStatus.limited;
}

/** Has everything looked at in the next cycle that was looked at before `before`; null: no more. */
export function demandLooks(settings: Pick<Store['settings'], 'setFact'>, replicaId: number, before: string | null): void {
  settings.setFact(`verify-before:${replicaId}`, before);
}

export function rotationOf({ store, settings, env }: RunContext, replicaId: number): RotationInput {
  const demanded = store.settings.fact(`verify-before:${replicaId}`);
  return { store, replicaId, windowMs: settings.verifyWindowMs, demanded, now: () => env.now() };
}

function paceKey(replicaId: number): string {
  return `verify-pace:${replicaId}`;
}

function paceOf(settings: Pick<Store['settings'], 'fact'>, replicaId: number): Pace | null {
  const stored = settings.fact(paceKey(replicaId));
  return stored === null ? null : (JSON.parse(stored) as Pace);
}
