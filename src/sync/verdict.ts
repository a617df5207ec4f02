import type { WireDocument, WireDocumentWithContent } from '../paperless';
import type { Held, SyncRow } from '../state';
import { culpritOf } from './culprit';
import { describeDifferences } from './drift';
import { sayHeld } from './held';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { retryAt } from './outcome';
import { observe } from './observed';
import type { Difference } from './plan-document';
import { isSomebodys } from './whose-change';

export interface Failed {
  verification: 'differs' | 'unreadable';
  /** null: it isn't there any more. */
  found: (WireDocument & { content?: string }) | null;
  differences: readonly Difference[];
  /** What is wrong with the bytes on the replica's disk, in words. */
  harm?: string;
}

/** Repairs that didn't last, after which it is an automation there and not a person. */
const ROUNDS = 2;

export async function recordMatch(lane: Lane, row: SyncRow, found: WireDocumentWithContent): Promise<void> {
  const { store, epoch, env } = lane.run;
  const observed = { modified: found.modified, fields: JSON.stringify(observe(await lane.view(), found)) };
  const result = { verification: 'matched', version: row.syncedVersion ?? row.wantedVersion, observed } as const;
  store.fenced(epoch, () => store.registry.verified(row.id, result, isoTime(env.now())));
}

/**
 * Stores what was found, and queues the repair. One that didn't last waits before it is made again, and what didn't last twice is held: whatever changes it back
 * would go on for ever.
 */
export async function failVerification(lane: Lane, row: SyncRow, failed: Failed): Promise<void> {
  const { run, replicaId } = lane;
  const { verification, differences } = failed;
  const told = differences.length === 0 ? [] : describeDifferences(await lane.view(), differences);
  const kept = flaps(row) ? await flapping(lane, failed) : await keepBack(lane, row, failed);
  const repaired = failedBefore(row) ? row.retryCount : 0;
  const at = isoTime(run.env.now());
  const again = kept === null && repaired > 0 ? changedAgain(lane, failed, retryAt(run, repaired)) : null;
  run.store.fenced(run.epoch, () => {
    const { registry } = run.store;
    registry.verified(
      row.id,
      { verification, version: row.syncedVersion ?? row.wantedVersion, ...(told.length === 0 ? {} : { difference: JSON.stringify(told) }) },
      at,
    );
    if (kept !== null) registry.move(row.id, { to: 'held', ...kept }, at);
    else if (again !== null) registry.move(row.id, again, at);
    // Found out by the push: whether it is in the trash or gone.
    else if (failed.found === null) registry.move(row.id, { to: 'queued', priority: 2 }, at);
  });
  const repair = again === null ? 'it is queued for repair.' : `it was repaired before; the next repair is at ${again.nextRetryAt}.`;
  const next = kept === null ? repair : sayHeld(kept);
  const harm = failed.harm === undefined ? '' : ` ${failed.harm}`;
  run.log('warning', `${lane.replica}: document ${row.masterDocId} is not as it should be (${whatOf(failed)}); ${next}${harm}`, {
    replicaId,
    docId: row.masterDocId,
  });
}

function failedBefore(row: SyncRow): boolean {
  return row.verification === 'differs' || row.verification === 'unreadable';
}

function whatOf({ found, differences }: Failed): string {
  return found === null ? 'it is not there any more' : differences.map((d) => d.field).join(', ');
}

function changedAgain(lane: Lane, failed: Failed, nextRetryAt: string) {
  return {
    to: 'error',
    errorClass: 'document',
    code: 'changed-again',
    message: `The copy was repaired and is not as it should be again (${whatOf(failed)}).`,
    nextStep: `Look for a workflow, a matching rule or a person on ${lane.replica} that changes it. It is repaired once more; after that it is held.`,
    nextRetryAt,
    counted: true,
  } as const;
}

function flaps(row: SyncRow): boolean {
  return failedBefore(row) && row.retryCount >= ROUNDS;
}

async function flapping(lane: Lane, { found, differences, harm }: Failed): Promise<Held> {
  if (harm !== undefined) return { code: 'damaged-again', about: [lane.replica] };
  const culprit = await culpritOf(lane, found === null ? null : differences);
  return { code: found === null ? 'gone-again' : 'changed-back', about: [culprit ?? '', lane.replica] };
}

/** Why a copy that differs is not repaired; null: the master wins. */
async function keepBack(lane: Lane, row: SyncRow, { found, differences, harm }: Failed): Promise<Held | null> {
  const policy = optionOfReplica(lane, 'drift_policy');
  if (policy === 'revert' || found === null || harm !== undefined || !(await isSomebodys(lane, row, found, differences))) return null;
  switch (policy) {
    case 'keep':
      return { code: 'drift-kept' };
    case 'ask':
      return { code: 'drift-asked' };
    default:
      return null;
  }
}
