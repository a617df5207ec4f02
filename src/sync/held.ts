import type { Held, HeldCode, SyncRow } from '../state';

/** The registry keeps why a row is held as a code and what that is said with; people read these sentences. */
const SENTENCES: Readonly<Record<HeldCode, (...about: string[]) => string>> = {
  'left-out': () => 'The flow kept it back: a node between fetch-changed and push-doc left it out of its batch.',
  'drift-kept': () => 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.',
  'drift-asked': () => 'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.',
  'drift-decided': (who = '') => `It was changed on the replica and is kept as it is there until the master changes it: decided by ${who}.`,
  'undone-at-once': (fields = '', by = '', replica = '') =>
    `What is written is changed back at once (${fields}): by ${by} on ${replica}. Switch that off there, then retry.`,
  'changed-back': (by = '', replica = '') =>
    `It was repaired twice and is changed back each time: ${by === '' ? 'a workflow or a matching rule on the replica' : `${by} on ${replica}`} does that. Switch it off there, then retry.`,
  'gone-again': (by = '', replica = '') =>
    `It was brought back twice and is gone again each time: ${by === '' ? 'a workflow or somebody on the replica' : `${by} on ${replica}`} trashes it. See to that there, then retry.`,
  'damaged-again': (replica = '') => `It was repaired twice and its file is damaged again each time: look at the disk of ${replica}, then retry.`,
  twin: (document = '', ...former) =>
    `Document ${document} on the replica has the same bytes and isn't known to be ours;${sayFormer(former)} adopt_twins is set to hold.`,
  told: (sentence = '') => sentence,
};

/** Of copies of earlier files, which stay while none of the present file can be made. '': there are none. */
export function sayFormer(copies: readonly string[]): string {
  return copies.length === 0 ? '' : ` its former copy ${copies.join(', ')}, of an earlier file, stays there until one takes its place.`;
}

export function sayHeld({ code, about = [] }: Held): string {
  return SENTENCES[code](...about);
}

/** null: it isn't held. */
export function heldCode({ status, reasons: [code] }: Pick<SyncRow, 'status' | 'reasons'>): HeldCode | null {
  return status === 'held' && code !== undefined && code in SENTENCES ? (code as HeldCode) : null;
}

/** A row's reasons as people read them: codes, but for what is held a sentence. */
export function saidReasons(row: Pick<SyncRow, 'status' | 'reasons'>): string[] {
  const code = heldCode(row);
  return code === null ? row.reasons : [sayHeld({ code, about: row.reasons.slice(1) })];
}
