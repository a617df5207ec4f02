import { KINDS, type Kind } from './kinds';
import type { SeedVerdict } from './run-seed';

/** What came of many seeds. */
export class Report {
  done = 0;
  crashes = 0;
  again = 0;
  readonly failures: SeedVerdict[] = [];
  readonly #faults = new Map<Kind, { times: number; seeds: number }>(KINDS.map((kind) => [kind, { times: 0, seeds: 0 }]));
  readonly #began = performance.now();
  #ms = 0;

  add(verdict: SeedVerdict): void {
    this.done += 1;
    this.crashes += verdict.crashes;
    this.#ms += verdict.ms;
    if (!verdict.ok) this.failures.push(verdict);
    for (const kind of KINDS) {
      const times = verdict.faults[kind] ?? 0;
      const sum = this.#faults.get(kind);
      if (sum === undefined || times === 0) continue;
      sum.times += times;
      sum.seeds += 1;
    }
  }

  times(kind: Kind): number {
    return this.#faults.get(kind)?.times ?? 0;
  }

  /** The same seed once more: another trace is a failure of its own. */
  compare(verdict: SeedVerdict, hash: string): void {
    this.again += 1;
    if (verdict.traceHash !== hash)
      this.failures.push({ ...verdict, ok: false, check: 'trace', message: 'the same seed told another story the second time' });
  }

  line({ seed, check, message }: SeedVerdict): string {
    return `seed ${seed} FAILED (${check ?? ''}): ${message.split('\n').slice(0, 3).join(' | ').slice(0, 400)}`;
  }

  summary(): Record<string, unknown> {
    return {
      seeds: this.done,
      failed: this.failures.map(({ seed, check, message, generator }) => ({ seed, check, message, generator })),
      crashes: this.crashes,
      again: this.again,
      ms_each: Math.round(this.#ms / Math.max(1, this.done)),
      seconds: Math.round((performance.now() - this.#began) / 1000),
      faults: Object.fromEntries([...this.#faults].map(([kind, { times }]) => [kind, times])),
    };
  }

  text(): string {
    // A differential run has no faults at all.
    const faults = [...this.#faults.values()].some(({ times }) => times > 0) ? [...this.#faults] : [];
    const rows = faults.map(
      ([kind, { times, seeds }]) => `  ${kind.padEnd(28)} ${String(times).padStart(8)} times in ${String(seeds).padStart(6)} seeds`,
    );
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    const failures = this.failures.map((verdict) => `${this.line(verdict)}\n  again: npm run simulate -- --seed ${verdict.seed}`);
    return [
      `${this.done} seeds in ${seconds} s (${Math.round(this.#ms / Math.max(1, this.done))} ms each), ${this.crashes} crashes; ${this.again} lived twice`,
      '',
      ...(rows.length === 0 ? [] : ['Faults that changed what the controller got:', ...rows, '']),
      ...(failures.length === 0 ? [] : ['Failures:', ...failures, '']),
      `${this.done - new Set(this.failures.map(({ seed }) => seed)).size} ok, ${this.failures.length} failed`,
      '',
    ].join('\n');
  }
}
