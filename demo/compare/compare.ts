import type { Connection } from './http.js';
import type { Context, Difference } from './fields.js';
import { comparedFields, differences, hasOneSidedLink, isDangling } from './fields.js';
import { commonAlgorithm, pairDocuments } from './pair.js';
import { isWithheld, ownerThere } from './people.js';
import type { ReadOptions } from './read.js';
import { identify, readInstance } from './read.js';
import { holdsCreated } from './rules.js';
import type { Collections, Snapshot, SnapshotDocument } from './snapshot.js';

interface Named {
  id: number;
  title: string;
}

/** What a comparison of two instances found; numbers are documents unless said otherwise. */
export interface Comparison {
  /** Nothing is missing, doubled or different, and every collection of the master is on the replica. */
  ok: boolean;
  master: { url: string; version: string; documents: number };
  replica: { url: string; version: string; documents: number };
  /** The fields compared of each pair. */
  fields: string[];
  /** How the files of both sides were read. */
  files: { master: Snapshot['files']; replica: Snapshot['files'] };
  paired: number;
  missing: number;
  doubled: number;
  different: number;
  /** What that version of paperless can't hold, by reason. */
  limited: Record<string, number>;
  /** On the replica alone: its own, which is no fault. */
  own: number;
  /** Copies of documents that the master had earlier (`before`) and has no more. */
  kept: number;
  /** Copies that are the sync's own, since the replica doesn't have the owner. */
  withheld: number;
  /** Documents per field that differ. */
  by_field: Record<string, number>;
  /** Tags (by path), correspondents …: what the master has and the replica has not, or has otherwise. */
  collections: Record<keyof Collections, { compared: number; missing: string[]; different: string[] }>;
  examples: { missing: Named[]; doubled: Named[]; different: (Named & { replica_id: number; differences: Difference[] })[] };
}

const shown = 20;
const named = ({ id, title }: SnapshotDocument): Named => ({ id, title });

function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 20).map(shorten);
  return typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)} … (${value.length} characters)` : value;
}

/** Equal, but that a select field may have options that the master has no more: nothing is taken away there. */
function holdsAll(wanted: object, found: object): boolean {
  const plain = (value: object): string => JSON.stringify(value);
  if (!('options' in wanted) || !('options' in found)) return plain(wanted) === plain(found);
  const left = [...(found.options as string[])];
  const all = (wanted.options as string[]).every((label) => {
    const index = left.indexOf(label);
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  });
  return all && plain({ ...wanted, options: [] }) === plain({ ...found, options: [] });
}

function compareCollection(
  master: Map<string, object>,
  replica: Map<string, object>,
  there: (value: object) => object,
): { compared: number; missing: string[]; different: string[] } {
  const result = { compared: master.size, missing: [] as string[], different: [] as string[] };
  for (const [name, value] of master) {
    const other = replica.get(name);
    if (other === undefined) result.missing.push(name);
    else if (!holdsAll(there(value), other)) result.different.push(name);
  }
  return result;
}

/** Reasons why a pair isn't all that the master has, though nothing differs that the replica's version could hold. */
function limitsOf(document: SnapshotDocument, context: Context): string[] {
  const dangling = document.customFields.some(
    ({ field, value }) => field.data_type === 'documentlink' && Array.isArray(value) && value.some((id) => isDangling(id as number, context)),
  );
  return [
    ...(document.chain.length > 1 && context.replica.major < 3 ? ['older versions'] : []),
    ...(holdsCreated(document.created, context.replica.major) ? [] : ['created out of range']),
    ...(dangling ? ['dangling link'] : []),
    ...(hasOneSidedLink(document, context) ? ['one-sided link'] : []),
  ];
}

export interface CompareOptions {
  owners?: boolean;
  /** The master as it was when its documents were copied, for telling a kept copy of a deleted document from one too many. */
  before?: Snapshot;
}

/** Takes out of a list as many as have the files of `gone`, one for one. */
function takeKept(list: SnapshotDocument[], gone: SnapshotDocument[]): SnapshotDocument[] {
  const kept: SnapshotDocument[] = [];
  const has = (document: SnapshotDocument, other: SnapshotDocument): boolean =>
    (document.md5 !== undefined && document.md5 === other.md5) ||
    (document.sha256 !== undefined && (document.sha256 === other.sha256 || other.chain.includes(document.sha256)));
  for (const document of [...list]) {
    const index = gone.findIndex((other) => has(document, other));
    if (index < 0) continue;
    gone.splice(index, 1);
    list.splice(list.indexOf(document), 1);
    kept.push(document);
  }
  return kept;
}

/** Compares what was read; asks no server. */
export function compareSnapshots(master: Snapshot, replica: Snapshot, options: CompareOptions = {}): Comparison {
  const algorithm = commonAlgorithm(master, replica);
  const paired = pairDocuments(master, replica, algorithm, options.before);
  const present = new Set(master.documents.map((document) => document.id));
  const gone = (options.before?.documents ?? []).filter((document) => !present.has(document.id));
  const kept = [...takeKept(paired.own, gone), ...takeKept(paired.doubled, gone)];
  const limited: Record<string, number> = {};
  const byField: Record<string, number> = {};
  const count = (into: Record<string, number>, key: string): void => {
    into[key] = (into[key] ?? 0) + 1;
  };
  const unholdable = new Set<number>();
  const missing: SnapshotDocument[] = [];
  for (const { document, twin } of paired.missing) {
    const reason = twin && replica.major < 3 ? 'identical bytes' : holdsCreated(document.created, replica.major) ? null : 'created out of range';
    if (reason === null) missing.push(document);
    else {
      count(limited, reason);
      unholdable.add(document.id);
    }
  }
  const context: Context = {
    master,
    replica,
    copies: new Map([...paired.pairs, ...paired.outdated].map(([m, r]) => [m.id, r.id])),
    masterIds: present,
    unholdable,
    algorithm,
    owners: options.owners === true,
  };
  const different: Comparison['examples']['different'] = [];
  // 2.x can't replace a file, and a copy isn't thrown away unasked.
  const outdated = replica.major < 3 ? paired.outdated : [];
  for (const _ of outdated) count(limited, 'replaced file');
  for (const [m, r] of replica.major < 3 ? paired.pairs : [...paired.pairs, ...paired.outdated]) {
    const found = differences(m, r, context);
    const keptOne = found.length === 0 || replica.major >= 3 ? -1 : gone.findIndex((other) => other.md5 !== undefined && other.md5 === r.md5);
    if (keptOne >= 0) {
      // 2.x holds these bytes in the copy of a twin that the master deleted: this one can't come beside it.
      gone.splice(keptOne, 1);
      kept.push(r);
      count(limited, 'identical bytes');
      continue;
    }
    for (const field of new Set(found.map((d) => d.field.split(':')[0] ?? d.field))) count(byField, field);
    if (found.length > 0) {
      const short = found.map((d) => ({ field: d.field, master: shorten(d.master), replica: shorten(d.replica) }));
      different.push({ ...named(m), replica_id: r.id, differences: short });
    }
    for (const reason of limitsOf(m, context)) count(limited, reason);
  }

  const collections = Object.fromEntries(
    (Object.keys(master.collections) as (keyof Collections)[]).map((key) => [
      key,
      compareCollection(master.collections[key], replica.collections[key], (value) =>
        'owner' in value ? { ...value, owner: ownerThere(value.owner as string | null, replica) } : value,
      ),
    ]),
  ) as Comparison['collections'];
  const collectionsAgree = Object.values(collections).every((c) => c.missing.length === 0 && c.different.length === 0);
  return {
    ok: missing.length === 0 && paired.doubled.length === 0 && different.length === 0 && collectionsAgree,
    master: { url: master.url, version: master.version, documents: master.documents.length },
    replica: { url: replica.url, version: replica.version, documents: replica.documents.length },
    fields: comparedFields(context),
    files: { master: master.files, replica: replica.files },
    paired: paired.pairs.length + paired.outdated.length,
    missing: missing.length,
    doubled: paired.doubled.length,
    different: different.length,
    limited,
    own: paired.own.length,
    kept: kept.length,
    withheld: paired.pairs.filter(([m]) => isWithheld(m, replica)).length,
    by_field: byField,
    collections,
    examples: {
      missing: missing.slice(0, shown).map(named),
      doubled: paired.doubled.slice(0, shown).map(named),
      different: different.slice(0, shown),
    },
  };
}

/**
 * Reads a master and its replicas over HTTP, the master once, and compares each replica with it.
 * @throws ReadError when an instance can't be read, or not whole
 */
export async function compareInstances(
  master: Connection,
  replicas: readonly Connection[],
  options: Omit<ReadOptions, 'needMd5'> & Pick<CompareOptions, 'before'> = {},
): Promise<Comparison[]> {
  const sides = await Promise.all([master, ...replicas].map(identify));
  const needMd5 = sides.some((side) => side.major < 3);
  const [first, ...others] = await Promise.all([master, ...replicas].map((side) => readInstance(side, { ...options, needMd5 })));
  if (first === undefined) throw new Error('No master was read.');
  return others.map((other) => compareSnapshots(first, other, options));
}
