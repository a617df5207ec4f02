import type { Comparison } from './compare/compare.js';
import type { Status } from './controller.js';
import type { Counters } from './counters.js';
import type { SimulatedInstance } from './simulated.js';

export interface ReplicaSummary {
  name: string;
  version: string;
  /** On the replica, as it counts. */
  documents: number;
  ok: number;
  error: number;
  verified: number;
  missing: number;
  doubled: number;
  different: number;
  limited: Record<string, number>;
}

/** The last line of `npm run demo -- --once`. */
export interface Summary {
  ok: boolean;
  seconds: number;
  documents: number;
  replicas: ReplicaSummary[];
  /** By method, up to the verification; the comparison's own requests aren't among them. */
  master_requests: Record<string, number>;
  /** Of originals in the library, and of bodies that the master sent and received; `downloads` are the originals among them. */
  bytes: Record<string, number>;
  /** Why `ok` is false; empty otherwise. */
  problems: string[];
}

export interface Facts {
  seconds: number;
  documents: number;
  /** Why the replicas weren't verified. */
  unverified: string | null;
  status: Status;
  replicas: { instance: SimulatedInstance; comparison: Comparison; planted: Record<string, number>; withheld: number }[];
  master: Counters;
  /** Bytes of all originals. */
  library: number;
}

const plain = (record: Record<string, number>): string => JSON.stringify(Object.fromEntries(Object.entries(record).sort()));

/** Says of everything that must hold whether it does. */
export function summarize(facts: Facts): Summary {
  const problems: string[] = facts.unverified === null ? [] : [facts.unverified];
  const replicas = facts.replicas.map(({ instance, comparison, planted, withheld }): ReplicaSummary => {
    const { name, version } = instance;
    const row = facts.status.replicas.find((r) => r.name === name);
    if (row === undefined) problems.push(`${name}: the controller doesn't know it`);
    for (const kind of ['missing', 'doubled', 'different'] as const) {
      const fields = kind === 'different' ? ` (${Object.keys(comparison.by_field).join(', ')})` : '';
      if (comparison[kind] > 0) problems.push(`${name}: ${comparison[kind]} ${kind}${fields}`);
    }
    for (const [collection, found] of Object.entries(comparison.collections)) {
      if (found.missing.length > 0) problems.push(`${name}: ${collection} missing: ${found.missing.slice(0, 5).join(', ')}`);
      if (found.different.length > 0) problems.push(`${name}: ${collection} different: ${found.different.slice(0, 5).join(', ')}`);
    }
    if (plain(comparison.limited) !== plain(planted)) {
      problems.push(`${name}: limited ${plain(comparison.limited)}, but the library gives reason for ${plain(planted)}`);
    }
    if (comparison.withheld !== withheld)
      problems.push(`${name}: ${comparison.withheld} copies without their owner, but the library gives reason for ${withheld}`);
    const { missing, doubled, different, limited } = comparison;
    const counted = { ok: row?.ok ?? 0, error: row?.error ?? 0, verified: row?.verified ?? 0 };
    return { name, version, documents: comparison.replica.documents, ...counted, missing, doubled, different, limited };
  });
  for (const [method, count] of Object.entries(facts.master.requests)) {
    if (method !== 'GET' && count > 0) problems.push(`the master got ${count} ${method} requests: it must never be written`);
  }
  const { seconds, documents } = facts;
  return {
    ok: problems.length === 0,
    seconds,
    documents,
    replicas,
    master_requests: facts.master.requests,
    bytes: { library: facts.library, ...facts.master.bytes },
    problems,
  };
}
