/** The task queue: jobs wait their turn behind a fixed number of workers, each job taking its time on the environment's clock. */
import type { Scheduler } from '../environment';

export interface Job {
  /** Milliseconds that a worker is busy with it. */
  duration: number;
  started?(): void;
  finish(): void | Promise<void>;
}

export class Queue {
  readonly #waiting: Job[] = [];
  #busy = 0;
  #paused = false;

  constructor(
    readonly scheduler: Scheduler,
    public workers: number,
  ) {}

  get length(): number {
    return this.#waiting.length + this.#busy;
  }

  add(job: Job): void {
    this.#waiting.push(job);
    this.scheduler.after(0, () => this.#next());
  }

  /** Jobs that wait stay waiting until `resume`; those at work end. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (let n = 0; n < this.workers; n++) this.scheduler.after(0, () => this.#next());
  }

  #next(): void {
    if (this.#paused || this.#busy >= this.workers) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#busy++;
    job.started?.();
    this.scheduler.after(job.duration, () => {
      void Promise.resolve(job.finish()).finally(() => {
        this.#busy--;
        this.#next();
      });
    });
  }
}
