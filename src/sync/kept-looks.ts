import type { RunContext } from './run-context';
import type { ParityReport } from './parity';
import { stableJson } from './text';

/** What was changed on the replica and is kept, as far as it wasn't told before: each look finds all of it again. */
export function untold(run: RunContext, replicaId: number, kept: ParityReport['kept']): ParityReport['kept'] {
  const key = `parity-kept:${replicaId}`;
  const told = run.store.settings.fact(key);
  const now = stableJson(kept);
  if (now === (told ?? '[]')) return [];
  const before = new Set((told === null ? [] : (JSON.parse(told) as unknown[])).map((drift) => stableJson(drift)));
  run.store.fenced(run.epoch, () => run.store.settings.setFact(key, kept.length === 0 ? null : now));
  return kept.filter((drift) => !before.has(stableJson(drift)));
}
