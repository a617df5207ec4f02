import { PaperlessError, type CallOptions, type PaperlessReader, type WireDocument } from '../paperless';
import { instanceKey, isAccepted, judgeHistory, NEWEST, type Finding } from './preflight';
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
  const stop = (await lookAtPast(run.master, newest, seen, run.call)).find(({ code }) => !isAccepted(settings, instanceKey(null), code));
  if (stop !== undefined) throw new PaperlessError({ class: 'instance', code: stop.code, message: stop.message, nextStep: stop.nextStep });
}

/** What the newest documents that we know say of a master's past; `seen` are those of them that are there. The trash is asked only where the newest are all gone. */
export async function lookAtPast(
  master: PaperlessReader,
  newest: { byId: readonly number[]; byTime: readonly { id: number; modified: string }[] },
  seen: ReadonlyMap<number, WireDocument>,
  call: CallOptions,
): Promise<Finding[]> {
  const last = newest.byId.slice(0, NEWEST);
  const lost = last.length === NEWEST && last.every((id) => !seen.has(id));
  const trashed = lost ? await trashedOf(master, new Set(last), call) : new Set<number>();
  return judgeHistory(newest.byTime, seen, last, (id) => trashed.has(id));
}
