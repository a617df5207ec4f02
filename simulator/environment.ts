/** Everything the simulator takes from outside, so that an instance is a function of its inputs and can run under a virtual clock. */
export interface Environment {
  clock: Clock;
  random: Random;
  scheduler: Scheduler;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
}

export interface Scheduler {
  /** Runs the job once, `ms` from now on this environment's clock. */
  after(ms: number, job: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** A small seeded generator (mulberry32): the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    },
  };
}

/** The machine's clock and timers; randomness stays seeded. */
export function machineEnvironment(seed: number): Environment {
  return {
    clock: { now: () => Date.now() },
    random: seededRandom(seed),
    scheduler: {
      after(ms, job) {
        const timer = setTimeout(job, ms);
        return { cancel: () => clearTimeout(timer) };
      },
    },
  };
}

/** A clock that stands still until it is told to move; jobs run in the order of their due times. */
export class VirtualEnvironment implements Environment {
  readonly random: Random;
  #now: number;
  #serial = 0;
  #jobs: { due: number; serial: number; job: () => void }[] = [];

  constructor(seed: number, start: number) {
    this.random = seededRandom(seed);
    this.#now = start;
  }

  readonly clock: Clock = { now: () => this.#now };

  readonly scheduler: Scheduler = {
    after: (ms, job) => {
      const entry = { due: this.#now + Math.max(0, ms), serial: this.#serial++, job };
      this.#jobs.push(entry);
      return { cancel: () => (this.#jobs = this.#jobs.filter((other) => other !== entry)) };
    },
  };

  /** True when nothing waits. */
  get idle(): boolean {
    return this.#jobs.length === 0;
  }

  /** Moves the clock by `ms` without running anything. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** Runs what is due within `ms`, letting promises settle after every job; the clock ends `ms` later, or at the last job when `ms` is Infinity. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settlePromises();
    for (;;) {
      const next = this.#jobs.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due || a.serial - b.serial)[0];
      if (!next) break;
      this.#jobs = this.#jobs.filter((entry) => entry !== next);
      this.#now = Math.max(this.#now, next.due);
      next.job();
      await settlePromises();
    }
    if (Number.isFinite(end)) this.#now = Math.max(this.#now, end);
  }
}

/** One turn of the event loop: every promise chain that waits for nothing but promises is done after it. */
function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
