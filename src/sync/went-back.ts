import { PaperlessError } from '../paperless';
import { isAccepted, judgeHistory, NEWEST } from './preflight';
import type { RunContext } from './run-context';
import { trashedOf } from './trashed';

/**
 * Before anything that the master says now is recorded or written: a master that was set back to a backup between two preflights would have its last changes
 * undone on the replicas, which may hold the only copy by now. One read. Throws PaperlessError of class `instance`; the preflight that follows a failure keeps
 * the finding, to be accepted or settled.
 */
export async function refuseMasterThatWentBack(run: RunContext): Promise<void> {
  const { registry, settings } = run.store;
  const newest = registry.newestMasterDocs(NEWEST);
  const asked = new Set([...newest.byId, ...newest.byTime.map(({ id }) => id)]);
  const seen = new Map((await run.master.documentsByIds([...asked], run.call)).map((d) => [d.id, d]));
  const absent = new Set(newest.byId.filter((id) => !seen.has(id)));
  const trashed = absent.size < NEWEST ? new Set<number>() : await trashedOf(run.master, absent, run.call);
  const stop = judgeHistory(newest.byTime, seen, newest.byId, (id) => trashed.has(id)).find(({ code }) => !isAccepted(settings, 'master', code));
  if (stop !== undefined) throw new PaperlessError({ class: 'instance', code: stop.code, message: stop.message, nextStep: stop.nextStep });
}
