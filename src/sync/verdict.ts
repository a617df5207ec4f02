import type { WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import { culpritOf } from './culprit';
import { describeDifferences } from './drift';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { retryAt } from './outcome';
import type { Difference } from './plan-document';

export interface Failed {
  verification: 'differs' | 'unreadable';
  /** null: it isn't there any more. */
  found: Pick<WireDocument, 'modified'> | null;
  differences: readonly Difference[];
  /** What is wrong with the bytes on the replica's disk, in words. */
  harm?: string;
}

/** Repairs that didn't last, after which it is an automation there and not a person. */
const ROUNDS = 2;

export function recordMatch(lane: Lane, row: SyncRow): void {
  const { store, epoch, env } = lane.run;
  store.fenced(epoch, () =>
    store.registry.verified(row.id, { verification: 'matched', version: row.syncedVersion ?? row.wantedVersion }, isoTime(env.now())),
  );
}

/**
 * Stores what was found, and queues the repair. One that didn't last waits before it is made again, and what didn't last twice is held: whatever changes it back
 * would go on for ever.
 */
export async function failVerification(lane: Lane, row: SyncRow, failed: Failed): Promise<void> {
  const { run, replicaId } = lane;
  const { verification, differences } = failed;
  const told = differences.length === 0 ? [] : describeDifferences(await lane.view(), differences);
  const kept = flaps(row) ? await flapping(lane, failed) : keepBack(lane, row, failed);
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
    if (kept !== null) registry.move(row.id, { to: 'held', reason: kept }, at);
    else if (again !== null) registry.move(row.id, again, at);
    // Found out by the push: whether it is in the trash or gone.
    else if (failed.found === null) registry.move(row.id, { to: 'queued', priority: 2 }, at);
  });
  const next = kept ?? (again === null ? 'it is queued for repair.' : `it was repaired before; the next repair is at ${again.nextRetryAt}.`);
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

async function flapping(lane: Lane, { found, differences, harm }: Failed): Promise<string> {
  if (harm !== undefined) return `It was repaired twice and its file is damaged again each time: look at the disk of ${lane.replica}, then retry.`;
  const culprit = await culpritOf(lane, found === null ? null : differences);
  if (found === null) {
    const by = culprit === null ? 'a workflow or somebody on the replica trashes it' : `${culprit} on ${lane.replica} trashes it`;
    return `It was brought back twice and is gone again each time: ${by}. See to that there, then retry.`;
  }
  const by = culprit === null ? 'a workflow or a matching rule on the replica does that' : `${culprit} on ${lane.replica} does that`;
  return `It was repaired twice and is changed back each time: ${by}. Switch it off there, then retry.`;
}

/** Why a copy that differs is not repaired; null: the master wins. */
function keepBack(lane: Lane, row: SyncRow, { found, differences, harm }: Failed): string | null {
  // Its own `modified` tells whether somebody changed it; without that it is repaired, whatever the policy.
  if (found === null || harm !== undefined || found.modified === row.observedModified || areLinksInAnotherOrder(differences)) return null;
  switch (optionOfReplica(lane, 'drift_policy')) {
    case 'keep':
      return DRIFT_KEPT;
    case 'ask':
      return DRIFT_ASKED;
    default:
      return null;
  }
}

/** paperless keeps links on both sides: writing those of one copy puts another's in another order, and that is our own doing. */
function areLinksInAnotherOrder(differences: readonly Difference[]): boolean {
  return (
    differences.length > 0 && differences.every(({ field, wanted, found }) => field === 'custom_fields' && unordered(wanted) === unordered(found))
  );
}

function unordered(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    Array.isArray(inner) && inner.every((one) => typeof one === 'number') ? [...inner].sort((a, b) => a - b) : inner,
  );
}

/** Why a copy is held that somebody changed on its replica. */
export const DRIFT_KEPT = 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.';
export function keptBy(who: string): string {
  const reason = 'It was changed on the replica and is kept as it is there until the master changes it: decided by ';
  return who === '' ? reason : `${reason}${who}.`;
}
export const DRIFT_ASKED =
  'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.';
