import { isPaperlessError, type CallOptions, type PaperlessWriter, type WireTask } from '../paperless';
import type { Environment } from './environment';

/** A task whose row isn't there after this long never had one: the web process lost the lock when writing it. */
const MISSING_AFTER_MS = 20_000;
/** How long a known, unfinished task is left alone before its document is looked for. */
export const PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** Open tasks asked for in one look (3.x). */
const LOOK = 100;
const ACKNOWLEDGE_AT = 25;

/** What of a lane a watch needs. */
interface WatchedLane {
  readonly run: { readonly env: Environment };
  readonly writer: PaperlessWriter;
  readonly signal: AbortSignal;
  readonly call: CallOptions;
  writes<T>(work: () => Promise<T>): Promise<T>;
  /** Whether what hasn't ended by now is left to the next cycle. */
  pushesOver(): boolean;
}

interface Waiting {
  since: number;
  resolve(answer: WireTask | 'missing'): void;
  reject(error: unknown): void;
}

/** Waits for many consume tasks of one replica with one request a look. */
export class TaskWatch {
  private readonly waiting = new Map<string, Waiting>();
  private readonly done: number[] = [];
  private looking = false;

  constructor(private readonly lane: WatchedLane) {}

  /**
   * The task when it has ended, `missing` when it has no row, or as it is when it hasn't ended for so long that its document is worth a look.
   * Rejects when the run is aborted or the replica fails.
   */
  wait(taskId: string): Promise<WireTask | 'missing'> {
    return new Promise((resolve, reject) => {
      this.waiting.set(taskId, { since: this.lane.run.env.now(), resolve, reject });
      if (!this.looking) void this.look();
    });
  }

  /** Remembers a task that we dealt with; told to the replica in batches, so that its list stays short. */
  settled(task: WireTask): void {
    if (!task.acknowledged) this.done.push(task.id);
  }

  /** Acknowledges what was dealt with. A refusal is no harm: the rows stay in the replica's list. */
  async acknowledge(atLeast = 1): Promise<void> {
    if (this.done.length < atLeast) return;
    const ids = this.done.splice(0);
    try {
      await this.lane.writes(() => this.lane.writer.acknowledgeTasks(ids, this.lane.call));
    } catch (error) {
      if (!isPaperlessError(error) || error.class === 'instance') throw error;
    }
  }

  private async look(): Promise<void> {
    this.looking = true;
    let pause = FIRST_WAIT_MS;
    try {
      while (this.waiting.size > 0) {
        await this.lane.run.env.sleep(pause, this.lane.signal);
        if (this.lane.signal.aborted) throw this.lane.signal.reason;
        const before = this.waiting.size;
        await this.oneLook();
        await this.acknowledge(ACKNOWLEDGE_AT);
        pause = this.waiting.size < before ? FIRST_WAIT_MS : Math.min(pause * 1.5, LONGEST_WAIT_MS);
      }
    } catch (error) {
      for (const waiting of this.waiting.values()) waiting.reject(error);
      this.waiting.clear();
    } finally {
      this.looking = false;
    }
  }

  private async oneLook(): Promise<void> {
    const { writer, call } = this.lane;
    const open = new Map((await writer.openTasks(LOOK, call)).map((task) => [task.taskId, task]));
    const now = this.lane.run.env.now();
    const over = this.lane.pushesOver();
    for (const [taskId, waiting] of [...this.waiting]) {
      // Somebody may have acknowledged it, or it is too far down the list: then it is asked for alone.
      const task = open.get(taskId) ?? (await writer.task(taskId, call));
      if (task !== null && (hasEnded(task) || over || now - waiting.since >= PATIENCE_MS)) this.answer(taskId, task);
      else if (task === null && now - waiting.since >= MISSING_AFTER_MS) this.answer(taskId, 'missing');
    }
  }

  private answer(taskId: string, answer: WireTask | 'missing'): void {
    const waiting = this.waiting.get(taskId);
    this.waiting.delete(taskId);
    waiting?.resolve(answer);
  }
}

export function hasEnded(task: WireTask): boolean {
  return task.status === 'success' || task.status === 'failure' || task.status === 'revoked';
}
