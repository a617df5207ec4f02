import type { RunRow } from '../state';
import { isoTime } from '../sync';
import type { Board } from './board';
import type { RunParts } from './run-parts';
import type { LaneEnds } from './lane-ends';
import type { RunSummary } from './types';

/** A database that is locked or full is tried again for half a minute before a run is left to be closed later. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 16_000;

type Parts = Pick<RunParts, 'store' | 'env' | 'records' | 'master' | 'metrics' | 'log' | 'emit'>;

/** The end of a run whose lanes have all ended: recorded first, then told. */
export class RunEnd {
  constructor(
    private readonly parts: Parts,
    private readonly ends: LaneEnds,
  ) {}

  /** Closes the run and gives the lease back, in `patience` with a database that can't be written just now. Throws what it said last. */
  async record(board: Board, patience: () => boolean): Promise<RunRow> {
    const timedOut = (board.timedOut ??= board.abort.signal.aborted || [...board.seats.values()].some((seat) => seat.lane.cutShort));
    board.abort.abort();
    await board.run.files.clear();
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      try {
        this.ends.record(board);
        const closed = this.parts.store.runs.close(board.row.id, { timedOut }, isoTime(this.parts.env.now()));
        this.parts.store.lease.release(board.row.epoch);
        return closed;
      } catch (error) {
        if (pause > LONGEST_PAUSE_MS || !patience()) throw error;
        await this.parts.env.sleep(pause);
      }
    }
  }

  /** What follows a run that is closed: its summary, a backup where something was done, and the word to whoever listens. */
  async tell(row: RunRow): Promise<RunSummary> {
    const { store, env, metrics, log } = this.parts;
    metrics.duration.observe({ triggered_by: row.triggeredBy }, (env.now() - Date.parse(row.startedAt)) / 1000);
    const summary = this.parts.records.summarise(row.id);
    if (summary.replicas.some((r) => r.outcome !== 'failed')) this.parts.master.answered();
    const worked = summary.synced > 0 || summary.failed > 0 || summary.replicas.some((r) => r.verified > 0);
    if (worked && !row.timedOut && store.settings.get('backup_enabled') === true && store.path !== ':memory:') {
      await store.backup().catch((error: unknown) => log({ level: 'error', message: `The backup of the database failed: ${String(error)}` }));
    }
    store.logs.prune(isoTime(env.now() - store.settings.number('log_retention_days') * 86_400_000));
    log({
      level: summary.failed > 0 ? 'warning' : 'info',
      runId: row.id,
      message: `Run ${row.id} (${row.triggeredBy}) ended: ${summary.replicas.map((r) => `${r.name} ${r.outcome}, ${r.synced} synced, ${r.failed} failed, ${r.verified} verified`).join('; ')}.`,
    });
    this.parts.emit({ type: 'run-finished', summary });
    return summary;
  }
}
