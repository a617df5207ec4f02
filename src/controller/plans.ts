import type { PlanRow, PlanScope, PlanStep, ReplicaRow, Store } from '../state';
import { isoTime, type Environment, type Run } from '../sync';
import type { PlanBody } from '../sync/plan/body';
import { planReconcile } from '../sync/plan/reconcile';
import { worldOf } from '../sync/plan/world';
import {
  adopt,
  adoptSteps,
  describeReading,
  describeReconcile,
  estimateBytes,
  forgetUnreadable,
  readChecksums,
  survey,
  type Surveyed,
} from '../sync/reconcile';
import type { Cycles } from './cycles';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import { PlanError, type AppliedPlan, type Plan } from './types';

export interface PlannerInit {
  store: Store;
  env: Environment;
  instances: Instances;
  cycles: Cycles;
  log: (entry: LogEntry) => void;
}

/** A plan before it is stored. */
interface Draft {
  body: PlanBody;
  steps: PlanStep[];
}

const PAGE = 500;

/** Says what would be done, and does exactly that later, or nothing. */
export class Planner {
  constructor(private readonly parts: PlannerInit) {}

  async plan(scope: PlanScope, options: { replicaId: number }): Promise<Plan> {
    const replica = this.replicaOf(options.replicaId);
    return this.parts.cycles.exclusive(async (run, alive) => {
      await run.ingest();
      alive();
      return this.keep(scope, replica, await this.reconcileDraft(run, replica));
    });
  }

  async apply(planId: number, who: string): Promise<AppliedPlan> {
    const { store } = this.parts;
    const row = store.plans.get(planId);
    if (row === null) throw new PlanError('unknown-plan', `There is no plan ${planId}.`, 'List them: GET /api/sync/plan.');
    if (row.appliedAt !== null) throw new PlanError('plan-applied', `Plan ${planId} was applied at ${row.appliedAt}.`, 'Make a new plan.');
    const replica = this.replicaOf(row.replicaId);
    return this.parts.cycles.exclusive(async (run, alive) => {
      const body = JSON.parse(row.body) as PlanBody;
      // Reading does no harm in any world, and a long one must outlive the changes of its days.
      if (!body.complete) return this.read(run, row, replica, who, alive);
      this.refuseMoved(row);
      return this.adoptAll(run, row, replica, who);
    });
  }

  /** Reads what must be read, plans, and with `apply` applies: all that a reconcile is, as far as one deadline lets it. */
  async reconcile(replicaId: number, options: { apply: boolean; who: string }): Promise<{ plan: Plan; applied: AppliedPlan | null }> {
    let plan = await this.plan('reconcile', { replicaId });
    while (!plan.body.complete) {
      const { applied } = await this.apply(plan.id, options.who);
      if (!applied) return { plan: this.view(plan.id), applied: null };
      plan = await this.plan('reconcile', { replicaId });
    }
    if (!options.apply) return { plan, applied: null };
    const applied = await this.apply(plan.id, options.who);
    return { plan: this.view(plan.id), applied };
  }

  view(planId: number): Plan {
    const row = this.parts.store.plans.get(planId);
    if (row === null) throw new PlanError('unknown-plan', `There is no plan ${planId}.`, 'List them: GET /api/sync/plan.');
    return toPlan(row);
  }

  private async reconcileDraft(run: Run, replica: ReplicaRow): Promise<Draft> {
    const side = await this.look(run, replica);
    const { masters, replicas, readings } = await survey(run, side);
    if (readings.length > 0) return { body: describeReading(replica.name, readings, await estimateBytes(run, readings)), steps: [] };
    const plan = planReconcile(masters, replicas);
    const unread = [...masters, ...replicas].filter(({ chain }) => chain === null).length;
    return {
      body: describeReconcile(this.parts.store, replica.name, plan, unread),
      steps: adoptSteps(this.parts.store, plan, replicas, side.reader.capabilities.checksum),
    };
  }

  private async read(run: Run, row: PlanRow, replica: ReplicaRow, who: string, alive: () => void): Promise<AppliedPlan> {
    const side = await this.look(run, replica);
    const { readings } = await survey(run, side);
    const { read, bytes, failed, left } = await readChecksums(run, side, readings, alive);
    const { store } = this.parts;
    const counts = { read, bytes, failed, left };
    store.fenced(run.epoch, () => {
      if (left === 0) store.plans.applied(row.id, this.now());
      this.audit(row, replica, who, counts);
    });
    const message =
      left === 0
        ? `Everything that has to be compared was read (${bytes} bytes); plan again to see what would be adopted.`
        : `${read} documents were read (${bytes} bytes), ${left} are left; apply plan ${row.id} again to go on.`;
    return { id: row.id, scope: row.scope, applied: left === 0, counts, runId: null, message };
  }

  private adoptAll(run: Run, row: PlanRow, replica: ReplicaRow, who: string): AppliedPlan {
    const { store } = this.parts;
    const at = this.now();
    let adopted = 0;
    store.fenced(run.epoch, () => {
      store.registry.enqueueMissing(replica.id);
      for (const step of this.steps(row.id)) {
        adopt(store, replica.id, step, at);
        adopted += 1;
      }
      forgetUnreadable(store, replica.id);
      store.plans.applied(row.id, at);
      this.audit(row, replica, who, { adopted });
    });
    const message = `${replica.name}: ${adopted} documents that were there already were adopted; the next cycle makes their fields equal and reads them back.`;
    this.parts.log({ level: 'info', replicaId: replica.id, message });
    return { id: row.id, scope: row.scope, applied: true, counts: { adopted }, runId: null, message };
  }

  private keep(scope: PlanScope, replica: ReplicaRow, { body, steps }: Draft): Plan {
    const { store } = this.parts;
    const sorted = [...steps].sort((a, b) => a.masterDocId - b.masterDocId);
    const fingerprint = worldOf(store, replica.id, sorted, { library: standsOnLibrary(scope) });
    return toPlan(store.plans.add({ scope, replicaId: replica.id, fingerprint, body: JSON.stringify(body), steps: sorted }));
  }

  private refuseMoved(row: PlanRow): void {
    const { store } = this.parts;
    const now = worldOf(store, row.replicaId, this.steps(row.id), { library: standsOnLibrary(row.scope) });
    if (now === row.fingerprint && row.refusedAt === null) return;
    store.plans.refused(row.id, this.now());
    throw new PlanError(
      'world-moved',
      `Plan ${row.id} isn't applied: since it was made, documents that it stands on have changed.`,
      'Make a new plan, look at it, and apply that.',
    );
  }

  private *steps(planId: number): Generator<PlanStep> {
    for (let after = 0; ;) {
      const page = this.parts.store.plans.steps(planId, after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.masterDocId;
    }
  }

  private async look(run: Run, replica: ReplicaRow): Promise<Surveyed> {
    const address = { name: replica.name, url: replica.url, token: this.parts.store.replicas.token(replica.id) };
    const { client } = await this.parts.instances.replica(String(replica.id), address, run.call);
    return { replicaId: replica.id, name: replica.name, reader: client };
  }

  private replicaOf(replicaId: number): ReplicaRow {
    const replica = this.parts.store.replicas.get(replicaId);
    if (replica === null) throw new PlanError('unknown-replica', `There is no replica ${replicaId}.`, 'List the replicas to see their ids.');
    return replica;
  }

  private audit(row: PlanRow, replica: ReplicaRow, who: string, counts: Record<string, number>): void {
    this.parts.store.audit.add({ who, action: 'plan.apply', after: { plan: row.id, scope: row.scope, replica: replica.name, ...counts } });
  }

  private now(): string {
    return isoTime(this.parts.env.now());
  }
}

/** Whether a document that comes to the master could change the plan, even one that it doesn't name. */
function standsOnLibrary(scope: PlanScope): boolean {
  return scope === 'reconcile' || scope === 'cycle' || scope === 'resync';
}

export function toPlan(row: PlanRow): Plan {
  return {
    id: row.id,
    scope: row.scope,
    replicaId: row.replicaId,
    createdAt: row.createdAt,
    appliedAt: row.appliedAt,
    refusedAt: row.refusedAt,
    body: JSON.parse(row.body) as PlanBody,
  };
}
