import type { PlanRow, PlanScope, PlanStep, ReplicaRow, Store } from '../state';
import { isoTime, Lane, type Environment, type Run } from '../sync';
import type { PlanBody } from '../sync/plan/body';
import { collectionsMark } from '../sync/plan/parity';
import { PlannedLane, type Deeds, type StepData } from '../sync/plan/planned';
import { worldOf } from '../sync/plan/world';
import type { Cycles } from './cycles';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import { cycle } from './plan/cycle';
import { deletes, policy } from './plan/deletes';
import { reconcile } from './plan/reconcile';
import { resync } from './plan/resync';
import type { Bench, Done, PlanOptions, Scope } from './plan/scope';
import type { Preflight } from './preflight';
import { PlanError, type AppliedPlan, type Plan, type Ticket } from './types';

export interface PlannerInit {
  store: Store;
  env: Environment;
  instances: Instances;
  preflight: Preflight;
  cycles: Cycles;
  log: (entry: LogEntry) => void;
  /** Has a run's stages done: by the flow where there is one, which goes on by itself (false), else here, to their end. */
  carry: (tickets: Ticket[]) => Promise<boolean>;
}

const SCOPES: Readonly<Record<PlanScope, Scope>> = { reconcile, resync, deletes, policy, cycle };
const PAGE = 500;

/** Says what would be done, and does exactly that later, or nothing. */
export class Planner {
  constructor(private readonly parts: PlannerInit) {}

  async plan(scope: PlanScope, options: PlanOptions): Promise<Plan> {
    const replica = this.replicaOf(options.replicaId);
    return this.parts.cycles.exclusive(async (run, alive) => {
      await run.ingest();
      alive();
      const { store } = this.parts;
      const { body, steps } = await SCOPES[scope].draft(this.bench(run, replica, alive), options);
      const sorted = [...steps].sort((a, b) => a.masterDocId - b.masterDocId);
      const fingerprint = this.world(scope, replica.id, sorted);
      return store.fenced(run.epoch, () =>
        toPlan(store.plans.add({ scope, replicaId: replica.id, fingerprint, body: JSON.stringify(body), steps: sorted })),
      );
    });
  }

  async apply(planId: number, who: string): Promise<AppliedPlan> {
    const row = this.row(planId);
    if (row.appliedAt !== null) throw new PlanError('plan-applied', `Plan ${planId} was applied at ${row.appliedAt}.`, 'Make a new plan.');
    const replica = this.replicaOf(row.replicaId);
    if (row.scope === 'cycle') return this.applyCycle(row, replica, who);
    const done = await this.parts.cycles.exclusive(async (run, alive) => {
      const body = JSON.parse(row.body) as PlanBody;
      // Reading does no harm in any world, and a long one must outlive the changes of its days.
      if (body.complete) {
        if (SCOPES[row.scope].library) await run.ingest();
        this.refuseMoved(row);
      }
      return this.act(run, row, replica, who, body, alive);
    });
    this.parts.log({ level: 'info', replicaId: replica.id, message: done.message });
    return { id: row.id, scope: row.scope, applied: done.finished, counts: done.counts, runId: null, message: done.message };
  }

  /** A run of its own that does the plan's steps and nothing else. */
  private async applyCycle(row: PlanRow, replica: ReplicaRow, who: string): Promise<AppliedPlan> {
    const { store, cycles, log } = this.parts;
    const { collections = null } = JSON.parse(row.body) as PlanBody;
    let planned: PlannedLane | undefined;
    const started = await cycles.planned(replica.id, async (run) => {
      await run.ingest();
      this.refuseMoved(row);
      if (collections !== null) {
        const lane = await this.bench(run, replica, () => undefined).lane();
        if (collectionsMark(store, (await lane.look()).collections) !== collections) this.refuse(row);
      }
      planned = new PlannedLane(store.plans, row.id, collections !== null, this.replacedBy(row.id));
      return planned;
    });
    store.transaction(() => {
      store.plans.applied(row.id, this.now());
      store.audit.add({ who, action: 'plan.apply', after: { plan: row.id, scope: row.scope, replica: replica.name, run: started.runId } });
    });
    const ended = await this.parts.carry(started.tickets);
    const counts = ended ? Object.fromEntries(Object.entries(planned?.done ?? {}).filter(([, n]) => n > 0)) : {};
    const message = ended
      ? `Run ${started.runId} did what plan ${row.id} names on ${replica.name}: ${told(counts)}.`
      : `Run ${started.runId} does what plan ${row.id} names on ${replica.name}.`;
    log({ level: 'info', replicaId: replica.id, runId: started.runId, message });
    return { id: row.id, scope: row.scope, applied: true, counts, runId: started.runId, message };
  }

  private replacedBy(planId: number): Set<number> {
    return new Set([...this.steps(planId)].flatMap(({ data }) => (JSON.parse(data) as StepData).replaced ?? []));
  }

  /** Reads what must be read, plans, and with `apply` applies: all that a reconcile is, as far as one deadline lets it. */
  async reconcile(replicaId: number, options: { apply: boolean; who: string }): Promise<{ plan: Plan; applied: AppliedPlan | null }> {
    let plan = await this.plan('reconcile', { replicaId });
    while (!plan.body.complete) {
      const { applied } = await this.apply(plan.id, options.who);
      if (!applied) return { plan: toPlan(this.row(plan.id)), applied: null };
      plan = await this.plan('reconcile', { replicaId });
    }
    if (!options.apply) return { plan, applied: null };
    const applied = await this.apply(plan.id, options.who);
    return { plan: toPlan(this.row(plan.id)), applied };
  }

  /** The act, that it was done, and who did it; one transaction where it takes no request. */
  private async act(run: Run, row: PlanRow, replica: ReplicaRow, who: string, body: PlanBody, alive: () => void): Promise<Done> {
    const { store } = this.parts;
    const finish = (done: Done): Done => {
      if (done.finished) store.plans.applied(row.id, this.now());
      store.audit.add({ who, action: 'plan.apply', after: { plan: row.id, scope: row.scope, replica: replica.name, ...done.counts } });
      return done;
    };
    const { act } = SCOPES[row.scope];
    if (act === undefined) throw new Error(`A plan of scope ${row.scope} is done by a cycle of its own.`);
    const work = act(this.bench(run, replica, alive), this.steps(row.id), body);
    if (typeof work === 'function') return store.fenced(run.epoch, () => finish(work()));
    const done = await work;
    return store.fenced(run.epoch, () => finish(done));
  }

  private refuseMoved(row: PlanRow): void {
    const now = this.world(row.scope, row.replicaId, this.steps(row.id));
    if (now !== row.fingerprint || row.refusedAt !== null) this.refuse(row);
  }

  private refuse(row: PlanRow): never {
    this.parts.store.plans.refused(row.id, this.now());
    throw new PlanError(
      'world-moved',
      `Plan ${row.id} isn't applied: since it was made, what it stands on has changed.`,
      'Make a new plan, look at it, and apply that.',
    );
  }

  private world(scope: PlanScope, replicaId: number, steps: Iterable<PlanStep>): string {
    const { library, also } = SCOPES[scope];
    return worldOf(this.parts.store, replicaId, steps, { library, also: also?.(this.parts.store, replicaId) });
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

  private bench(run: Run, replica: ReplicaRow, alive: () => void): Bench {
    const { store, env, instances } = this.parts;
    const connect = (): ReturnType<Instances['replica']> => {
      const address = { name: replica.name, url: replica.url, token: store.replicas.token(replica.id) };
      return instances.replica(String(replica.id), address, run.call);
    };
    return {
      run,
      store,
      env,
      replica,
      alive,
      look: async () => ({ replicaId: replica.id, name: replica.name, reader: (await connect()).client }),
      lane: async () => {
        const { client, identity } = await connect();
        await this.parts.preflight.check({ reader: client, replica }, run.call);
        const init = { run, replicaId: replica.id, replica: replica.name, writer: client, selfId: identity.userId };
        return new Lane({ ...init, activeLanes: () => [replica.id], signal: run.signal });
      },
    };
  }

  private row(planId: number): PlanRow {
    const row = this.parts.store.plans.get(planId);
    if (row === null) throw new PlanError('unknown-plan', `There is no plan ${planId}.`, 'List them: GET /api/sync/plan.');
    return row;
  }

  private replicaOf(replicaId: number): ReplicaRow {
    const replica = this.parts.store.replicas.get(replicaId);
    if (replica === null) throw new PlanError('unknown-replica', `There is no replica ${replicaId}.`, 'List the replicas to see their ids.');
    return replica;
  }

  private now(): string {
    return isoTime(this.parts.env.now());
  }
}

const WORDS: Readonly<Record<keyof Deeds, string>> = {
  settle: 'settled',
  take_up: 'taken up',
  upload: 'uploaded',
  update: 'changed',
  link: 'linked',
  trash: 'trashed',
  purge: 'deleted for good',
  replaced: 'replaced',
  failed: 'failed',
  taxonomies_created: 'names created',
  taxonomies_changed: 'changes of names',
};

function told(counts: Partial<Deeds>): string {
  const parts = Object.entries(counts).map(([what, n]) => `${n} ${WORDS[what as keyof Deeds]}`);
  return parts.length === 0 ? 'there was nothing to do' : parts.join(', ');
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
