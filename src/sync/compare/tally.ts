import type { Limit } from '../normalise';
import { cutPair, type Judgement } from './judgement';

/** Examples kept of each outcome of a field. */
const KEPT = 5;

export interface Example {
  master_id: number;
  /** null where there is no copy. */
  replica_id: number | null;
  outcome: 'different' | 'limited';
  reasons: Limit[];
  /** Both cut, around the place where they begin to differ. */
  master: string;
  replica: string;
}

export interface FieldCount {
  field: string;
  /** equal + different + limited */
  compared: number;
  equal: number;
  different: number;
  limited: number;
  examples: Example[];
}

export interface Listed {
  count: number;
  examples: { id: number; title: string; because?: string }[];
}

/** Counts, and a few examples of each kind: as small for a large library as for a little one. */
export class Tally {
  private readonly fields: ReadonlyMap<string, FieldCount>;
  private readonly reasons = new Map<Limit, number>();
  readonly documents = { compared: 0, equal: 0, different: 0, limited: 0 };

  constructor(fields: readonly string[]) {
    this.fields = new Map(fields.map((field) => [field, { field, compared: 0, equal: 0, different: 0, limited: 0, examples: [] }]));
  }

  /** All that was found of one of the master's documents. */
  add(masterId: number, replicaId: number | null, found: ReadonlyMap<string, Judgement>): void {
    const reasons = new Set<Limit>();
    let worst: Judgement['is'] = 'equal';
    for (const [field, judgement] of found) {
      this.count(field, judgement, masterId, replicaId);
      if (judgement.is === 'limited') for (const reason of judgement.reasons) reasons.add(reason);
      if (judgement.is === 'different' || worst === 'equal') worst = judgement.is;
    }
    for (const reason of reasons) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    this.documents.compared += 1;
    this.documents[worst] += 1;
  }

  private count(field: string, judgement: Judgement, masterId: number, replicaId: number | null): void {
    const row = this.fields.get(field);
    if (row === undefined) throw new Error(`No such field: ${field}`);
    row.compared += 1;
    row[judgement.is] += 1;
    if (judgement.is === 'equal' || row.examples.filter((e) => e.outcome === judgement.is).length >= KEPT) return;
    const [master, replica] = cutPair(judgement.master, judgement.replica);
    const reasons = judgement.is === 'limited' ? judgement.reasons : [];
    row.examples.push({ master_id: masterId, replica_id: replicaId, outcome: judgement.is, reasons, master, replica });
  }

  /** In the order of the fields; those that nothing was compared of too. */
  rows(): FieldCount[] {
    return [...this.fields.values()];
  }

  /** Documents by reason. */
  limits(): Record<string, number> {
    return Object.fromEntries([...this.reasons].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** A kind of document that is told by number, with the first few. */
export class Roll {
  readonly listed: Listed = { count: 0, examples: [] };

  add(id: number, title: string, because?: string): void {
    this.listed.count += 1;
    if (this.listed.examples.length < KEPT)
      this.listed.examples.push({ id, title: cutPair(title, title)[0], ...(because === undefined ? {} : { because }) });
  }
}
