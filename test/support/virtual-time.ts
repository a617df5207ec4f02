import type { Clock, Scheduler, Timer } from '../../simulator/environment';

interface Job {
  due: number;
  serial: number;
  run(): void;
}

/**
 * One clock for everything in a world: servers' workers, networks and the engine's own waits. It moves only when nothing is left to do at the
 * present moment, and then to the next thing that is due; what is due at one moment runs in the order in which it was asked for.
 */
export class VirtualTime implements Clock, Scheduler {
  #now: number;
  #serial = 0;
  #outside = 0;
  /** By due time, then by serial. */
  #jobs: Job[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const job: Job = { due: this.#now + Math.max(0, ms), serial: this.#serial++, run };
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#jobs[middle]?.due ?? Infinity) <= job.due) low = middle + 1;
      else high = middle;
    }
    this.#jobs.splice(low, 0, job);
    return { cancel: () => (this.#jobs = this.#jobs.filter((other) => other !== job)) };
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets the world run until `work` has an end, which it gives back. Rejects when nothing moves any more and it has none. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { over: false };
    const mark = (): void => void (state.over = true);
    work.then(mark, mark);
    for (;;) {
      await settled();
      if (state.over) return work;
      if (this.#outside === 0 && !this.#step()) throw new Error('Nothing in this world moves any more, and what was waited for has not come.');
    }
  }

  /** Work on the real machine (a file being copied): the clock stands still until it is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside += 1;
    try {
      return await work;
    } finally {
      this.#outside -= 1;
    }
  }

  /** Runs what is due within `ms` and leaves the clock at its end. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#still();
    while ((this.#jobs[0]?.due ?? Infinity) <= end) {
      this.#step();
      await this.#still();
    }
    this.#now = end;
  }

  /** Nothing is left to do at this moment, on the real machine either. */
  async #still(): Promise<void> {
    do await settled();
    while (this.#outside > 0);
  }

  /** False when nothing waits. */
  #step(): boolean {
    const next = this.#jobs.shift();
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.due);
    next.run();
    return true;
  }
}

/** One turn of the event loop: every chain of promises that waits for nothing but promises is done after it. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
