import { Random } from '../simulator/library/random.js';
import { bulkDeeds } from './changes/bulk.js';
import { collectionDeeds } from './changes/collections.js';
import { edits } from './changes/edits.js';
import { fileDeeds, versionDeeds } from './changes/files.js';
import type { Deed } from './changes/hand.js';
import { Hand } from './changes/hand.js';
import { peopleDeeds } from './changes/people.js';
import { Client, ClientError } from './client.js';
import type { Connection } from './compare/http.js';
import { identify } from './compare/read.js';

export interface Change {
  kind: string;
  what: string;
  /** Null when it was done, else why the server refused it: such a change doesn't count. */
  refused: string | null;
}

/** Every kind of change that a master of a major version takes. */
export function kindsOf(major: number): Record<string, Deed> {
  return { ...edits, ...bulkDeeds, ...collectionDeeds, ...fileDeeds, ...peopleDeeds, ...(major >= 3 ? versionDeeds : {}) };
}

/** How often a kind is drawn, beside one for each: what a person does daily, and what would soon leave nothing to change. */
const often: Record<string, number> = {
  'upload a document': 8,
  'edit a title': 3,
  'edit tags': 3,
  'edit a field': 5,
  'link documents': 3,
  'add a note': 2,
};

/**
 * Changes a master as its users do, over its HTTP API alone, seeded: every kind once as far as the number goes, then by chance.
 * @param count how many changes are to be done; those that the server refuses are told and don't count
 * @param tell hears of each change, done or refused
 */
export async function makeChanges(connection: Connection, count: number, seed: number, tell: (change: Change) => void): Promise<Change[]> {
  const { major } = await identify(connection);
  const random = new Random(seed, 'changes');
  const hand = new Hand(new Client(connection), random, seed, major);
  const kinds = Object.entries(kindsOf(major));
  const weighted = kinds.flatMap((entry) => Array.from({ length: often[entry[0]] ?? 1 }, () => entry));
  const first = kinds.map((entry) => ({ entry, place: random.word() })).sort((a, b) => a.place - b.place);
  const changes: Change[] = [];
  let done = 0;
  for (let attempt = 0; done < count && attempt < count * 10 + 100; attempt += 1) {
    const [kind, deed] = first[attempt]?.entry ?? random.pick(weighted);
    const change = await attemptOne(kind, deed, hand);
    if (change === null) continue;
    if (change.refused === null) done += 1;
    changes.push(change);
    tell(change);
  }
  if (done < count) throw new ClientError(`Only ${done} of ${count} changes could be made: the library has too little left to change.`);
  return changes;
}

async function attemptOne(kind: string, deed: Deed, hand: Hand): Promise<Change | null> {
  try {
    const what = await deed(hand);
    return what === null ? null : { kind, what, refused: null };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { kind, what: '', refused: error.message };
  }
}

export function describeChange({ kind, what, refused }: Change): string {
  return refused === null ? `${kind}: ${what}` : `(refused) ${kind}: ${refused}`;
}
