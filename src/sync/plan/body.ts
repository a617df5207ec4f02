import type { WireDocument } from '../../paperless';
import type { Registry } from '../../state';

/** A document by name, for people. */
export interface Named {
  master: number | null;
  replica: number | null;
  title: string;
}

/** Something that a person has to judge. */
export interface Finding {
  kind: 'ambiguous' | 'differing' | 'asn-held';
  masters: number[];
  replicas: number[];
  about: string;
}

/** What a plan says. Kept as JSON; shown as it is. */
export interface PlanBody {
  replica: string;
  /** One sentence. */
  summary: string;
  /** False where something has to be read before it can be said what would be done: applying it reads. */
  complete: boolean;
  counts: Record<string, number>;
  /** What would travel; `exact` false where some of it is estimated or not known. */
  bytes: { download: number; upload: number; exact: boolean };
  /** The first of each kind. */
  samples: Record<string, Named[]>;
  /** Everything that would go, by name. */
  deletes: Named[];
  /** For a person; the first thousand, `counts` has them all. */
  findings: Finding[];
  notes: string[];
  /** With scope `cycle`: the state of both sides' collections where they are brought to parity; null where they aren't looked at. */
  collections?: string | null;
  /** With scope `policy`: the delete policy that is to hold. */
  policy?: string;
}

export const SAMPLES = 20;
export const FINDINGS = 1000;

export function emptyBody(replica: string, summary: string): PlanBody {
  return {
    replica,
    summary,
    complete: true,
    counts: {},
    bytes: { download: 0, upload: 0, exact: true },
    samples: {},
    deletes: [],
    findings: [],
    notes: [],
  };
}

/** Names of master documents, in their order. */
export function named(registry: Registry, pairs: readonly { master: number; replica: number | null }[]): Named[] {
  const titles = new Map(
    registry.masterDocs(pairs.map(({ master }) => master)).map((row) => [row.id, (JSON.parse(row.document) as WireDocument).title]),
  );
  return pairs.map(({ master, replica }) => ({ master, replica, title: titles.get(master) ?? '' }));
}

export function sampled(registry: Registry, pairs: readonly { master: number; replica: number | null }[]): Named[] {
  return named(registry, pairs.slice(0, SAMPLES));
}
