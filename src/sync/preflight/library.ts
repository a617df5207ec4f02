import type { WireDocument } from '../../paperless';
import { acceptance, counted, type Finding } from './findings';

/** A library in which more than this share is suddenly missing is not believed. */
export const SHRUNKEN_SHARE = 0.5;
export const SHRUNKEN_LEAST = 20;
/** So many of the newest documents gone at once, and not into the trash, are no everyday clearing up. */
export const NEWEST = 5;
/** Clocks that are closer than this are one clock: the Date header knows seconds, and the answer was under way for a while. */
const SKEW_MS = 30_000;

/** Of two changes at once the one that is stamped first may be written last: paperless stamps before it waits for a lock. */
const RACE_MS = 60_000;

/** A master's document as it was recorded. */
export interface KnownDocument {
  id: number;
  modified: string;
}

export interface LibraryFacts {
  /** null for the master. */
  replica: string | null;
  name: string;
  /** Documents of which we know that they were there when we last looked. */
  known: number;
  /** What the instance counts. */
  documents: number;
  /** The server's clock less ours, in ms; null when it says none. */
  skewMs: number | null;
}

export function judgeLibrary({ replica, name, known, documents, skewMs }: LibraryFacts): Finding[] {
  const found: Finding[] = [];
  if (known >= SHRUNKEN_LEAST && documents < known * (1 - SHRUNKEN_SHARE)) {
    const then = replica === null ? 'what is missing then counts as deleted' : 'what is missing is then uploaded again';
    found.push({
      code: 'library-shrunken',
      key: 'library-shrunken',
      severity: 'stops',
      message: `${capital(name)} counts ${counted(documents, 'document')} where ${known} are known to have been: that is no clearing up, it is another library or a lost one.`,
      nextStep: `Nothing was written. Look at ${name}. If it is right as it is: ${acceptance('library-shrunken', replica)}; ${then}.`,
    });
  }
  if (skewMs !== null && Math.abs(skewMs) >= SKEW_MS) {
    found.push({
      code: 'clock-skew',
      key: `clock-skew:${skewMs > 0 ? 'ahead' : 'behind'}`,
      severity: 'tells',
      message: `The clock of ${name} is ${duration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
      nextStep:
        'Nothing has to be done for the sync: no clock of ours decides what is read. Let both keep time by NTP, so that times in logs can be compared.',
    });
  }
  return found;
}

/**
 * Times and numbers only grow on an instance that lives on. `known` are documents of the master as recorded, `seen` those of them that are there now, `newest`
 * the ids of the newest known, `trashed` tells whether one lies in the trash.
 */
export function judgeHistory(
  known: readonly KnownDocument[],
  seen: ReadonlyMap<number, Pick<WireDocument, 'modified'>>,
  newest: readonly number[],
  trashed: (id: number) => boolean,
): Finding[] {
  const found: Finding[] = [];
  const back = known.filter(({ id, modified }) => Date.parse(modified) - Date.parse(seen.get(id)?.modified ?? '') > RACE_MS);
  const [first] = back;
  if (first !== undefined) {
    found.push({
      code: 'times-went-back',
      key: 'times-went-back',
      severity: 'stops',
      message: `Document ${first.id} was changed on the master at ${first.modified}, and now at ${seen.get(first.id)?.modified ?? ''} (${counted(back.length, 'document')} of those looked at): the master was restored from a backup, or its clock was set back.`,
      nextStep: `Nothing was written. If this is the master now: ${acceptance('times-went-back', null)}; all of it is read anew, and the replicas follow.`,
    });
  }
  if (newest.length >= NEWEST && newest.every((id) => !seen.has(id) && !trashed(id))) {
    found.push({
      code: 'ids-went-back',
      key: 'ids-went-back',
      severity: 'stops',
      message: `The ${newest.length} newest documents that we know on the master (${newest.at(-1) ?? 0} to ${newest[0] ?? 0}) are neither there nor in its trash: it was restored from a backup, and new documents would get their numbers, or somebody deleted just these for good.`,
      nextStep: `Nothing was written. If this is the master now: ${acceptance('ids-went-back', null)}; they then count as deleted.`,
    });
  }
  return found;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
