import type { PlanStep, ReplicaRow, Store } from '../../state';
import type { Environment, Lane, Run } from '../../sync';
import type { PlanBody } from '../../sync/plan/body';
import type { Surveyed } from '../../sync/reconcile';

export interface PlanOptions {
  replicaId: number;
  /** With scope `policy`: what is to become of copies whose documents are gone. */
  deletePolicy?: string;
}

/** A plan before it is stored; steps by master id. */
export interface Draft {
  body: PlanBody;
  steps: PlanStep[];
}

export interface Done {
  counts: Record<string, number>;
  message: string;
  /** False where a deadline left something of a plan that may be applied again. */
  finished: boolean;
}

/** What making or applying a plan works with: the instances are its own meanwhile. */
export interface Bench {
  run: Run;
  store: Store;
  env: Environment;
  replica: ReplicaRow;
  /** Keeps the lease. */
  alive: () => void;
  /** The replica, for reading alone. */
  look: () => Promise<Surveyed>;
  /** The replica, for writing. */
  lane: () => Promise<Lane>;
}

export interface Scope {
  draft(bench: Bench, options: PlanOptions): Promise<Draft> | Draft;
  /** Missing where a cycle of its own does the steps. Does the plan's steps. What needs no request is handed back as a function: it is done in the transaction that says that the plan was applied. */
  act?: (bench: Bench, steps: Iterable<PlanStep>, body: PlanBody) => Promise<Done> | (() => Done);
  /** Whether a document that comes to the master could change the plan, even one that it doesn't name. */
  library: boolean;
  /** What else the plan follows from. */
  also?: (store: Store, replicaId: number) => unknown;
}
