import type { PlanStep, Plans } from '../../state';
import type { Work } from './cycle';

/** What one step of a cycle's plan does to a document. */
export type PlannedWork = Work | 'trash' | 'purge';

/** Beside a step: copies of the document that go to the trash because another takes, or took, their place. */
export interface StepData {
  replaced?: number[];
}

/** What a planned lane came to: documents by what the plan said of them, and what went to the trash. */
export type Deeds = Record<PlannedWork | 'replaced' | 'failed' | 'taxonomies_created' | 'taxonomies_changed', number>;

const PAGE = 500;

/** The part of a cycle that a plan names: a lane that has one does this and nothing else, whatever else is due. */
export class PlannedLane {
  readonly done: Deeds = {
    settle: 0,
    take_up: 0,
    upload: 0,
    update: 0,
    link: 0,
    trash: 0,
    purge: 0,
    replaced: 0,
    failed: 0,
    taxonomies_created: 0,
    taxonomies_changed: 0,
  };
  private readonly counted = new Set<number>();
  private readonly left = new Set<number>();

  constructor(
    private readonly plans: Plans,
    readonly planId: number,
    /** Whether the replica's collections are brought to parity. */
    readonly parity: boolean,
    /** Copies that another takes, or took, the place of. */
    private readonly replaced: ReadonlySet<number>,
  ) {}

  /** It turned out to need more than the plan says of it: the next cycle does that. */
  leave(masterDocId: number): void {
    this.left.add(masterDocId);
  }

  uploads(masterDocId: number): boolean {
    return this.step(masterDocId)?.action === 'upload';
  }

  /** Whether a document is looked at, and may be changed. */
  takes(masterDocId: number): boolean {
    if (this.left.has(masterDocId)) return false;
    const action = this.step(masterDocId)?.action;
    return action !== undefined && action !== 'trash' && action !== 'purge';
  }

  /** All that it names. */
  *documents(): Generator<number> {
    for (let after = 0; ;) {
      const page = this.plans.steps(this.planId, after, PAGE);
      yield* page.map(({ masterDocId }) => masterDocId);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.masterDocId;
    }
  }

  buries(masterDocId: number): boolean {
    return this.step(masterDocId)?.action === 'trash';
  }

  /** Whether a copy in the trash is deleted for good. */
  purges(masterDocId: number): boolean {
    return this.step(masterDocId)?.action === 'purge';
  }

  /** Whether this copy goes to the trash once another has taken its place. */
  retires(replicaDocId: number): boolean {
    return this.replaced.has(replicaDocId);
  }

  /** A document came to its end in this run. */
  settled(masterDocId: number, well: boolean): void {
    const action = this.step(masterDocId)?.action as PlannedWork | undefined;
    if (action === undefined || this.counted.has(masterDocId)) return;
    this.counted.add(masterDocId);
    this.done[well ? action : 'failed'] += 1;
  }

  /** The collections were brought to parity. */
  named({ created, changed }: { created: number; changed: number }): void {
    this.done.taxonomies_created += created;
    this.done.taxonomies_changed += changed;
  }

  private step(masterDocId: number): PlanStep | undefined {
    const [step] = this.plans.steps(this.planId, masterDocId - 1, 1);
    return step?.masterDocId === masterDocId ? step : undefined;
  }
}
