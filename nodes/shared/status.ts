import type { NodeStatus } from 'node-red';

/** What time a status line needs; tests hand in their own. */
export interface Ticker {
  now(): number;
  /** Calls once after so many milliseconds; gives a function that forgets it. Must not keep the process alive. */
  after(milliseconds: number, call: () => void): () => void;
}

export const machineTicker: Ticker = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const interval = 1000;

/**
 * A node's status, told at most once a second and only when it changed: the editor's queue has no cap, and a status per document would flood the browser.
 * What comes in between is kept, so that the last one is always shown.
 */
export class StatusLine {
  #shown = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  #waiting: NodeStatus | null = null;
  #forget: (() => void) | null = null;

  constructor(
    private readonly show: (status: NodeStatus) => void,
    private readonly ticker: Ticker = machineTicker,
  ) {}

  set(status: NodeStatus): void {
    if (this.#forget !== null) {
      this.#waiting = status;
      return;
    }
    if (JSON.stringify(status) === this.#shown) return;
    const wait = this.#lastAt + interval - this.ticker.now();
    if (wait <= 0) {
      this.#tell(status);
      return;
    }
    this.#waiting = status;
    this.#forget = this.ticker.after(wait, () => {
      this.#forget = null;
      const next = this.#waiting;
      this.#waiting = null;
      if (next !== null && JSON.stringify(next) !== this.#shown) this.#tell(next);
    });
  }

  close(): void {
    this.#forget?.();
    this.#forget = null;
    this.#waiting = null;
  }

  #tell(status: NodeStatus): void {
    this.#shown = JSON.stringify(status);
    this.#lastAt = this.ticker.now();
    this.show(status);
  }
}
