import type { Random } from '../../simulator/library/random.js';
import { lineOf, phaseOf, pointOf, type Order, type Point } from './points';

/** How a life is to end. */
export type End =
  /** So many milliseconds after its start, wherever it is then. */
  { at: 'moment'; ms: number } | { at: 'point'; order: Order };

/** Chooses where the next life ends: at a moment, or at a point that earlier lives have passed and that few have died at. Shared by all loops of a run. */
export class Chooser {
  /** By point, how many died there. */
  readonly died = new Map<string, number>();

  /** What a life has passed, and where it died. */
  learn(passed: readonly Point[], killedAt: Point | null): void {
    for (const point of passed) {
      const line = lineOf(point);
      if (!this.died.has(line)) this.died.set(line, 0);
    }
    if (killedAt !== null) this.died.set(lineOf(killedAt), (this.died.get(lineOf(killedAt)) ?? 0) + 1);
  }

  /** By point, how often somebody was sent to die there, whether or not it was reached. */
  private readonly tried = new Map<string, number>();

  choose(random: Random): End {
    const dice = random.int(1, 100);
    // Some in the middle of the start, most while it works.
    if (dice <= 30) return { at: 'moment', ms: random.chance(20) ? random.int(50, 1000) : random.int(1000, 3500) };
    const point = this.rarest(random);
    if (point === null || dice <= 45) {
      const kind = random.pick(['commit', 'commit', 'request', 'file'] as const);
      return {
        at: 'point',
        order: { kind, when: random.pick(['before', 'inside', 'after'] as const), site: null, n: random.int(1, kind === 'commit' ? 80 : 15) },
      };
    }
    this.tried.set(lineOf(point), (this.tried.get(lineOf(point)) ?? 0) + 1);
    return { at: 'point', order: { ...point, n: random.chance(70) ? 1 : random.int(2, 4) } };
  }

  /** Of what is at work at times (a phase as likely as another, however many points it has), a point that few have been sent to. */
  private rarest(random: Random): Point | null {
    const phases = new Map<string, string[]>();
    for (const line of this.died.keys()) {
      const point = pointOf(line);
      if (point !== null) phases.set(phaseOf(point), [...(phases.get(phaseOf(point)) ?? []), line]);
    }
    if (phases.size === 0) return null;
    const lines = phases.get(random.pick([...phases.keys()])) ?? [];
    const weight = (line: string): number => (this.died.get(line) ?? 0) + (this.tried.get(line) ?? 0);
    return pointOf(random.pick(lines.sort((a, b) => weight(a) - weight(b)).slice(0, 3)));
  }
}
