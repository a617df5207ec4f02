import type { WireDocument, WireDocumentWithContent } from '../paperless';
import type { SyncRow } from '../state';
import { culpritOf } from './culprit';
import { describeDifferences } from './drift';
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
async function keepBack(lane: Lane, row: SyncRow, { found, differences, harm }: Failed): Promise<string | null> {
  const policy = optionOfReplica(lane, 'drift_policy');
  if (policy === 'revert' || found === null || harm !== undefined || !(await isSomebodys(lane, row, found, differences))) return null;
  switch (policy) {
    case 'keep':
      return DRIFT_KEPT;
    case 'ask':
      return DRIFT_ASKED;
    default:
      return null;
  }
}

/** Why a copy is held that somebody changed on its replica. */
export const DRIFT_KEPT = 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.';
export function keptBy(who: string): string {
  const reason = 'It was changed on the replica and is kept as it is there until the master changes it: decided by ';
  return who === '' ? reason : `${reason}${who}.`;
}
export const DRIFT_ASKED =
  'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.';
