import { isPaperlessError, type PaperlessReader } from '../paperless';
import type { ReplicaRow } from '../state';
import { engineSettings, type EngineSettings, InstanceFailure, isoTime, Lane, Run } from '../sync';
import { Board } from './board';
import type { Ask, RunParts } from './run-parts';
import type { LaneEnds } from './lane-ends';

/** Longest that a lease holds without a sign of life; every stage renews it. */
export const LEASE_MS = 10 * 60_000;

type Parts = Pick<RunParts, 'store' | 'env' | 'instances' | 'preflight' | 'master' | 'log'>;

/** What a run begins with: the master that was looked at, the lease, its row, and a lane for each replica that answers. */
export class RunStart {
  constructor(
    private readonly parts: Parts,
    private readonly ends: LaneEnds,
  ) {}

  /** The master, if it is the one that we know and nothing speaks against reading it. Throws what speaks against it. */
  async master(signal: AbortSignal): Promise<PaperlessReader> {
    const master = await this.parts.master.ready({ signal });
    await this.parts.preflight.check({ reader: master, replica: null }, { signal });
    return master;
  }

  /** For work that has the instances to itself. Whoever asks gives the lease back. */
  alone(master: PaperlessReader, signal: AbortSignal): Run {
    return this.make(master, engineSettings(this.parts.store.settings), { ...this.lease(), runId: null, signal, asRead: false });
  }

  /** Opens a run of these replicas, none of which has a lane yet. */
  open(ask: Ask, replicas: readonly ReplicaRow[], master: PaperlessReader, abort: AbortController): Board {
    const { store, env } = this.parts;
    // Whatever can fail comes before the run is opened: from then on it has a board, and is closed with it.
    const settings = engineSettings(store.settings);
    const lease = this.lease();
    const row = store.runs.open(
      {
        replicaId: ask.replicaId,
        epoch: lease.epoch,
        triggeredBy: ask.trigger,
        deadline: isoTime(lease.deadline),
        replicas: replicas.map((r) => r.id),
      },
      isoTime(env.now()),
    );
    const run = this.make(master, settings, { ...lease, runId: row.id, signal: abort.signal, asRead: ask.planned !== undefined });
    return new Board(row, run, abort, () => env.now(), ask.planned);
  }

  /** Connects a replica and gives it a lane; one that fails is closed at once, the others go on. */
  async seat(board: Board, replica: ReplicaRow): Promise<void> {
    const { store, instances, preflight } = this.parts;
    try {
      const address = { name: replica.name, url: replica.url, token: store.replicas.token(replica.id) };
      const { client, identity } = await instances.replica(String(replica.id), address, { signal: board.abort.signal });
      const doubted = await preflight.check({ reader: client, replica }, { signal: board.abort.signal });
      store.replicas.contact(replica.id, { version: identity.version, at: isoTime(this.parts.env.now()) });
      const laneAbort = new AbortController();
      const lane = new Lane({
        run: board.run,
        replicaId: replica.id,
        replica: replica.name,
        writer: client,
        selfId: identity.userId,
        activeLanes: () => board.activeLanes(),
        signal: AbortSignal.any([board.abort.signal, laneAbort.signal]),
        doubted,
        planned: board.planned,
      });
      if (board.planned === undefined) store.registry.enqueueMissing(replica.id);
      board.add(lane, laneAbort);
    } catch (error) {
      const failure = isPaperlessError(error) ? new InstanceFailure('replica', replica.name, error) : error;
      this.ends.ended(board, { replicaId: replica.id, numbers: { synced: 0, failed: 0, verified: 0 }, end: { kind: 'error', error: failure } });
    }
  }

  private lease(): { epoch: number; deadline: number } {
    const { store, env } = this.parts;
    const deadline = env.now() + store.settings.number('sync_cycle_timeout_seconds') * 1000;
    return { deadline, epoch: store.lease.take(`pid ${process.pid}`, LEASE_MS) };
  }

  private make(
    master: PaperlessReader,
    settings: EngineSettings,
    about: { runId: number | null; epoch: number; deadline: number; signal: AbortSignal; asRead: boolean },
  ): Run {
    const { runId, ...rest } = about;
    return new Run({
      env: this.parts.env,
      store: this.parts.store,
      master,
      settings,
      ...rest,
      log: (level, message, of) => this.parts.log({ level, message, runId, ...of }),
    });
  }
}
