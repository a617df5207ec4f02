import { shapes, type ShapeName } from './shapes';
import type { Result } from './replay';

interface Row {
  name: string;
  matched: number;
  leftOut: number;
  differing: number;
}

export class Totals {
  readonly rows: Row[] = [];
  readonly reasons = new Map<string, number>();
  readonly used = new Map<ShapeName, number>();

  add(name: string, results: Result[]): void {
    const leftOut = results.filter((result) => result.leftOut !== undefined);
    const differing = results.filter((result) => result.differences.length > 0);
    this.rows.push({ name, matched: results.length - leftOut.length - differing.length, leftOut: leftOut.length, differing: differing.length });
    for (const { leftOut: why } of leftOut) this.reasons.set(why ?? '', (this.reasons.get(why ?? '') ?? 0) + 1);
    for (const result of results) for (const shape of result.used) this.used.set(shape, (this.used.get(shape) ?? 0) + 1);
  }

  line(): string {
    const all = this.sum('matched') + this.sum('leftOut') + this.sum('differing');
    const share = ((100 * this.sum('matched')) / Math.max(1, all)).toFixed(1);
    return `${this.sum('matched')} matched (${share} %), ${this.sum('leftOut')} left out, ${this.sum('differing')} differing, of ${all}`;
  }

  sum(key: 'matched' | 'leftOut' | 'differing'): number {
    return this.rows.reduce((total, row) => total + row[key], 0);
  }
}

/** The whole comparison as text: by scenario, what was compared by shape, what was left out and why. */
export function summary(totals: Totals): string {
  const lines = totals.rows.map(
    (row) =>
      `${row.name.padEnd(42)} ${String(row.matched).padStart(4)} matched ${String(row.leftOut).padStart(4)} left out ${String(row.differing).padStart(4)} differing`,
  );
  lines.push('', 'Compared by shape only (answers in which it occurred):');
  for (const [name, shape] of Object.entries(shapes))
    lines.push(`  ${String(totals.used.get(name as ShapeName) ?? 0).padStart(5)}  ${shape.name}: ${shape.why}`);
  lines.push('', 'Left out:');
  for (const [why, count] of totals.reasons) lines.push(`  ${String(count).padStart(5)}  ${why}`);
  lines.push('', totals.line());
  return lines.join('\n');
}
