import type { CallOptions, PaperlessReader, WireIdentity } from '../../paperless';
import { compareCollections, type CollectionCount, type CollectionRules } from './collections';
import { Doubles } from './doubles';
import { FIELDS, type Rules } from './fields';
import { Files } from './files';
import { Looker, type Look } from './look';
import { Matcher } from './match';
import { Multi } from './multi';
import { chunksOf, Pairs } from './pairs';
import { Side } from './side';
import { Roll, Tally, type FieldCount, type Listed } from './tally';

export interface CompareInput {
  master: PaperlessReader;
  replica: PaperlessReader;
  /** Who reads there, as `identify()` said; superusers, or a part is missing without a word. */
  identities: { master: WireIdentity; replica: WireIdentity };
  /** Master id, replica id: a proposal, of which every pair is looked at. */
  map: Iterable<readonly [number, number]>;
  rules: Rules & CollectionRules & { /** Copies of what the master has no more stay by policy. */ keepDeleted: boolean };
  /** Read every file of both sides, whatever the servers list. */
  allBytes: boolean;
  signal?: AbortSignal;
  progress?: (done: number, total: number) => void;
}

/** What `pngx compare --json` prints beside the replica's name; counts are of documents unless they say otherwise. */
export interface Comparison {
  /** Nothing is missing, doubled, left over against the policy, or different, in documents and collections. */
  equal: boolean;
  master: { url: string; version: string; documents: number };
  replica: { url: string; version: string; documents: number };
  pairs: { total: number; by_map: number; by_checksum: number; by_title: number };
  documents: Tally['documents'];
  fields: FieldCount[];
  /** Documents that the replica can't hold as they are, by reason. */
  limited: Record<string, number>;
  missing: Listed;
  doubled: Listed;
  /** Copies of documents that the master has no more; a fault unless the policy keeps them. */
  left_over: Listed & { kept_by_policy: boolean };
  /** The replica's own, which is no fault. */
  unmapped: Listed;
  collections: CollectionCount[];
  files: { proven_by: 'checksums' | 'lookups' | 'downloads'; bytes_read: { master: number; replica: number } };
  /** Made by each server itself, and so only told. */
  information: { archives: { both: number; master_only: number; replica_only: number; neither: number }; page_counts_differ: number };
  /** Gone from the master while it was compared. */
  vanished: number;
}

/** Pages with text are heavy for paperless. */
const CHUNK = 50;
const SHOWN = 5;

/** Compares a replica with its master, by reading alone. Throws PaperlessError when one of them can't be read. */
export async function compareInstances(input: CompareInput): Promise<Comparison> {
  const { master, replica, identities, rules } = input;
  const call: CallOptions = input.signal === undefined ? {} : { signal: input.signal };
  // The map first: a copy that comes to be after it is found by its bytes.
  const map = new Multi();
  for (const [masterId, replicaId] of input.map) map.add(masterId, replicaId);
  const masterIds = await allIds(master, call);
  const replicaIds = await allIds(replica, call);
  const pairs = new Pairs(masterIds, replicaIds);
  const copiesOfGone = new Set<number>();
  for (const masterId of map.keys()) {
    for (const replicaId of map.get(masterId)) {
      if (masterIds.has(masterId)) pairs.add(masterId, replicaId, 'map');
      else copiesOfGone.add(replicaId);
    }
  }
  const files = new Files(master, replica, input.allBytes, call);
  const matcher = new Matcher(master, replica, pairs, files, call);
  await matcher.byChecksum();
  if (map.empty) await matcher.byTitle();

  const left = pairs.replicasLeft();
  const own = left.filter((id) => !copiesOfGone.has(id));
  const doubles = await Doubles.among(own, replica, call);

  const sides = { master: await Side.read(master, identities.master, call), replica: await Side.read(replica, identities.replica, call) };
  const looker = new Looker({ sides, pairs, matcher, files, rules, call });
  const sums = new Sums();
  let done = 0;
  for (const chunk of chunksOf(ascending(masterIds), CHUNK)) {
    const looks = await looker.look(chunk);
    for (const [id, look] of looks) {
      sums.add(id, look);
      if (look.copy !== null) await doubles.look(look.copy.master, look.copy.replica);
    }
    sums.vanished += chunk.length - looks.size;
    done += chunk.length;
    input.progress?.(done, masterIds.size);
  }

  const collections = compareCollections(looker.sides.master, looker.sides.replica, rules);
  const leftOver = await listed(
    replica,
    left.filter((id) => copiesOfGone.has(id)),
    call,
  );
  const faults =
    sums.tally.documents.different +
    doubles.roll.listed.count +
    (rules.keepDeleted ? 0 : leftOver.count) +
    collections.reduce((sum, c) => sum + c.different + c.missing, 0);
  return {
    equal: faults === 0,
    master: { url: master.url, version: identities.master.version, documents: masterIds.size },
    replica: { url: replica.url, version: identities.replica.version, documents: replicaIds.size },
    pairs: { total: pairs.size, by_map: pairs.found.map, by_checksum: pairs.found.checksum, by_title: pairs.found.title },
    documents: sums.tally.documents,
    fields: sums.tally.rows(),
    limited: sums.tally.limits(),
    missing: sums.missing.listed,
    doubled: doubles.roll.listed,
    left_over: { ...leftOver, kept_by_policy: rules.keepDeleted },
    unmapped: await listed(
      replica,
      own.filter((id) => !doubles.has(id)),
      call,
    ),
    collections,
    files: { proven_by: input.allBytes ? 'downloads' : files.acrossMajors ? 'lookups' : 'checksums', bytes_read: files.read },
    information: { archives: sums.archives, page_counts_differ: sums.pageCountsDiffer },
    vanished: sums.vanished,
  };
}

/** What the looks add up to. */
class Sums {
  readonly tally = new Tally(FIELDS);
  readonly missing = new Roll();
  readonly archives = { both: 0, master_only: 0, replica_only: 0, neither: 0 };
  pageCountsDiffer = 0;
  vanished = 0;

  add(id: number, { title, copy, found }: Look): void {
    this.tally.add(id, copy?.replica.wire.id ?? null, found);
    if (copy === null) {
      const absent = found.get('document');
      if (absent?.is === 'different') this.missing.add(id, title, String(absent.replica));
      return;
    }
    const [ours, theirs] = [copy.master.wire, copy.replica.wire];
    const [onMaster, onReplica] = [ours.archivedFileName !== null, theirs.archivedFileName !== null];
    this.archives[onMaster ? (onReplica ? 'both' : 'master_only') : onReplica ? 'replica_only' : 'neither'] += 1;
    if (ours.pageCount !== theirs.pageCount) this.pageCountsDiffer += 1;
  }
}

/** The replica's documents of these ids: how many, and the titles of the first. */
async function listed(replica: PaperlessReader, ids: readonly number[], call: CallOptions): Promise<Listed> {
  const roll = new Roll();
  for (const d of await replica.documentsByIds(ids.slice(0, SHOWN), call)) roll.add(d.id, d.title);
  return { count: ids.length, examples: roll.listed.examples };
}

function ascending(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}

async function allIds(reader: PaperlessReader, call: CallOptions): Promise<Set<number>> {
  const all = new Set<number>();
  for await (const ids of reader.documentIds(call)) for (const id of ids) all.add(id);
  return all;
}
