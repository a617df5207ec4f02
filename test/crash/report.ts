import type { Chooser } from './chooser';
import type { Kill, LoopResult } from './loop';

function count<T>(list: readonly T[], key: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of list) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Rows: what was at work; columns: how the process died there. */
function table(kills: readonly Kill[]): string[] {
  const columns = ['moment', 'before', 'inside', 'after'] as const;
  const phases = count(kills, ({ phase }) => phase);
  const width = Math.max(5, ...phases.map(([phase]) => phase.length));
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(width)} ${cells.map((cell) => String(cell).padStart(7)).join(' ')}`;
  const of = (list: readonly Kill[]): number[] => [...columns.map((how) => list.filter((kill) => kill.how === how).length), list.length];
  return [
    row('', [...columns, 'all']),
    ...phases.map(([phase]) => row(phase, of(kills.filter((kill) => kill.phase === phase)))),
    row('all', of(kills)),
  ];
}

/** For people: what was done, and what came of it. */
export function reportOf(results: readonly LoopResult[], chooser: Chooser, seconds: number): string {
  const kills = results.flatMap((result) => result.kills);
  const starts = results.flatMap((result) => result.starts).sort((a, b) => a - b);
  const settlements = results.flatMap((result) => result.settlements);
  const last = results.flatMap((result) => result.settlements.slice(-1));
  const sum = (pick: (settlement: LoopResult['settlements'][number]) => number, of = settlements): number =>
    of.reduce((total, s) => total + pick(s), 0);
  const points = [...chooser.died.values()];
  const longest = Math.max(0, ...settlements.map(({ seconds: s }) => s));
  return [
    `${kills.length} kills in ${Math.round(seconds)} s, ${results.length} loops (${results.map(({ versions }) => versions).join('; ')}).`,
    '',
    'Where it died: at a moment (then the last point passed counts), before, inside or after a point.',
    ...table(kills),
    '',
    `Points known: ${points.length}; died at: ${points.filter((n) => n > 0).length}.`,
    `Restarts: ${starts.length} answered, after ${percentile(starts, 0.5)} ms (median), ${percentile(starts, 0.95)} ms (95 %), ${starts.at(-1) ?? 0} ms (longest).`,
    `quick_check: ${results.reduce((total, { quickChecks }) => total + quickChecks, 0)} databases and backups looked at.`,
    `Deeds on the masters meanwhile: ${results.reduce((total, { deeds }) => total + deeds, 0)}.`,
    `Settled and compared ${settlements.length} times, in ${sum(({ cycles }) => cycles)} cycles, ${longest.toFixed(1)} s at most.`,
    `At the end ${sum((s) => s.verdict.documents, last)} documents, ${sum((s) => s.verdict.copies, last)} on the replicas.`,
    `Doubled ${sum((s) => s.verdict.doubled)}, missing ${sum((s) => s.verdict.missing)}, different ${sum((s) => s.verdict.different)}; limited ${sum((s) => s.verdict.limited, last)}.`,
  ].join('\n');
}

export function pointsOf(chooser: Chooser): string {
  return [...chooser.died]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([line, n]) => `${String(n).padStart(5)}  ${line}`)
    .join('\n');
}
