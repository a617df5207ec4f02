import type { Random } from '../../simulator/library/random.js';
import { lineOf, phaseOf, pointOf, type Order, type Point } from './points';

/** How a life is to end. */
export type End =
  /** So many milliseconds after its start, wherever it is then. */
  { at: 'moment'; ms: number } | { at: 'point'; order: Order };

/** Every life passes these; the others need to be asked for. */
const STARTING: readonly string[] = ['acquire', 'controller', 'files of Node-RED'];

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

  choose(random: Random): End {
    const dice = random.int(1, 100);
    // Some in the middle of the start, most while it works.
    if (dice <= 30) return { at: 'moment', ms: random.chance(20) ? random.int(50, 1000) : random.int(1000, 3500) };
    if (dice <= 42) {
      const kind = random.pick(['commit', 'commit', 'request', 'file'] as const);
      const when = random.pick(['before', 'inside', 'after'] as const);
      return { at: 'point', order: { kind, when, site: null, working: random.chance(70), n: random.int(1, kind === 'commit' ? 80 : 15) } };
    }
    const point = dice <= 65 ? this.rarest(random) : null;
    if (point !== null) return { at: 'point', order: { ...point, n: random.chance(60) ? 1 : random.int(2, 4) } };
    // The first that it comes to where nobody has died yet, known or not; at times where one or two have.
    const spared = random.pick([0, 0, 0, 0, 1]);
    const except = [...this.died].filter(([, n]) => n > spared).map(([line]) => line);
    return { at: 'point', order: { except, working: random.chance(80), n: random.chance(70) ? 1 : random.int(2, 5) } };
  }

  /** Of some kind of work, one as likely as another however many points it has: a point that few have died at. */
  private rarest(random: Random): Point | null {
    const phases = new Map<string, string[]>();
    for (const line of this.died.keys()) {
      const point = pointOf(line);
      if (point === null || STARTING.includes(phaseOf(point))) continue;
      phases.set(phaseOf(point), [...(phases.get(phaseOf(point)) ?? []), line]);
    }
    if (phases.size === 0) return null;
    const lines = phases.get(random.pick([...phases.keys()])) ?? [];
    const died = (line: string): number => this.died.get(line) ?? 0;
    return pointOf(random.pick(lines.sort((a, b) => died(a) - died(b)).slice(0, 4)));
  }
}
