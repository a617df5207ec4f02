import type { Connection } from './http.js';
import type { Context, Difference } from './fields.js';
import { comparedFields, differences } from './fields.js';
import { commonAlgorithm, pairDocuments } from './pair.js';
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
  /** Documents per field that differ. */
  by_field: Record<string, number>;
  /** Tags (by path), correspondents …: what the master has and the replica has not, or has otherwise. */
  collections: Record<keyof Collections, { compared: number; missing: string[]; different: string[] }>;
  examples: { missing: Named[]; doubled: Named[]; different: (Named & { replica_id: number; differences: Difference[] })[] };
}

const shown = 20;
const named = ({ id, title }: SnapshotDocument): Named => ({ id, title });

function shorten(value: unknown): unknown {
  return typeof value === 'string' && value.length > 200 ? `${value.slice(0, 200)} … (${value.length} characters)` : value;
}

function compareCollection(master: Map<string, object>, replica: Map<string, object>): { compared: number; missing: string[]; different: string[] } {
  const result = { compared: master.size, missing: [] as string[], different: [] as string[] };
  for (const [name, value] of master) {
    const other = replica.get(name);
    if (other === undefined) result.missing.push(name);
    else if (JSON.stringify(other) !== JSON.stringify(value)) result.different.push(name);
  }
  return result;
}

/** Reasons why a pair isn't all that the master has, though nothing differs that the replica's version could hold. */
function limitsOf(document: SnapshotDocument, context: Context): string[] {
  const dangling = document.customFields.some(
    ({ field, value }) => field.data_type === 'documentlink' && Array.isArray(value) && value.some((id) => !context.masterIds.has(id as number)),
  );
  return [
    ...(document.chain.length > 1 && context.replica.major < 3 ? ['older versions'] : []),
    ...(holdsCreated(document.created, context.replica.major) ? [] : ['created out of range']),
    ...(dangling ? ['dangling link'] : []),
  ];
}

/** Compares what was read; asks no server. */
export function compareSnapshots(master: Snapshot, replica: Snapshot, options: { owners?: boolean } = {}): Comparison {
  const algorithm = commonAlgorithm(master, replica);
  const paired = pairDocuments(master, replica, algorithm);
  const context: Context = {
    master,
    replica,
    copies: new Map(paired.pairs.map(([m, r]) => [m.id, r.id])),
    masterIds: new Set(master.documents.map((d) => d.id)),
    algorithm,
    owners: options.owners === true,
  };
  const limited: Record<string, number> = {};
  const byField: Record<string, number> = {};
  const count = (into: Record<string, number>, key: string): void => {
    into[key] = (into[key] ?? 0) + 1;
  };

  const missing: SnapshotDocument[] = [];
  for (const { document, twin } of paired.missing) {
    if (twin && replica.major < 3) count(limited, 'identical bytes');
    else if (!holdsCreated(document.created, replica.major)) count(limited, 'created out of range');
    else missing.push(document);
  }
  const different: Comparison['examples']['different'] = [];
  for (const [m, r] of paired.pairs) {
    const found = differences(m, r, context);
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
      compareCollection(master.collections[key], replica.collections[key]),
    ]),
  ) as Comparison['collections'];
  const collectionsAgree = Object.values(collections).every((c) => c.missing.length === 0 && c.different.length === 0);
  return {
    ok: missing.length === 0 && paired.doubled.length === 0 && different.length === 0 && collectionsAgree,
    master: { url: master.url, version: master.version, documents: master.documents.length },
    replica: { url: replica.url, version: replica.version, documents: replica.documents.length },
    fields: comparedFields(context),
    files: { master: master.files, replica: replica.files },
    paired: paired.pairs.length,
    missing: missing.length,
    doubled: paired.doubled.length,
    different: different.length,
    limited,
    own: paired.own.length,
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
  options: Omit<ReadOptions, 'needMd5'> = {},
): Promise<Comparison[]> {
  const sides = await Promise.all([master, ...replicas].map(identify));
  const needMd5 = sides.some((side) => side.major < 3);
  const [first, ...others] = await Promise.all([master, ...replicas].map((side) => readInstance(side, { ...options, needMd5 })));
  if (first === undefined) throw new Error('No master was read.');
  return others.map((other) => compareSnapshots(first, other, options));
}
