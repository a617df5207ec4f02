import { PaperlessError } from '../paperless';
import type { Store } from '../state';
import { lookForErased } from './erased';
import { knowNames, refuseAnotherPast, toInput } from './ingest';
import { isoTime } from './instant';
import { endAcceptance, isAccepted, SHRUNKEN_LEAST, SHRUNKEN_SHARE } from './preflight';
import { requeueNaming } from './linked';
import type { RunContext } from './run-context';
import { contentHash } from './text';
import { layToRest } from './tombstone';
import { trashedOf } from './trashed';
import { demandWholeView } from './whole-view';

/**
 * What the master's `modified` can't show is found by looking at everything, in turn. Each sweep is due on its own schedule, goes on where a deadline
 * stopped it, and asks for no more than one page at a time.
 *
 * | sweep | sees |
 * |---|---|
 * | `ids` | deleted, trashed and restored documents |
 * | `documents` | deleted tags, types, fields and options on documents; bulk edits that were stamped late or not; versions restored or deleted |
 * | `content` | documents that were processed anew |
 */
export type Sweep = 'ids' | 'documents' | 'content';

export interface SweepReport {
  /** Sweeps that came to their end in this run. */
  done: Sweep[];
  changed: number;
  gone: number;
  /** Missing, but not often enough yet to count as deleted. */
  unconfirmed: number;
}

interface Progress {
  /** Everything up to this id has been looked at. */
  after: number;
}

const DOCUMENTS = 500;
const TEXTS = 50;
const PAGE = 10_000;

export async function sweep(run: RunContext): Promise<SweepReport> {
  const report: SweepReport = { done: [], changed: 0, gone: 0, unconfirmed: 0 };
  const due = (['ids', 'documents', 'content'] as const).filter((which) => isDue(run, which));
  if (due.length === 0) return report;
  const ids: number[] = [];
  for await (const page of run.master.documentIds(run.call)) ids.push(...page);
  ids.sort((a, b) => a - b);
  if (due.includes('ids')) {
    await sweepIds(run, ids, report);
    finish(run, 'ids', report);
  }
  if (due.includes('documents') && (await walk(run, 'documents', ids, DOCUMENTS, (chunk) => lookAtDocuments(run, chunk, report))))
    finish(run, 'documents', report);
  if (due.includes('content') && (await walk(run, 'content', ids, TEXTS, (chunk) => lookAtTexts(run, chunk, report)))) finish(run, 'content', report);
  return report;
}

/** Makes every sweep due now. */
export function demandSweeps(store: Store, which: readonly Sweep[] = ['ids', 'documents', 'content']): void {
  for (const one of which) {
    store.settings.setFact(lastKey(one), null);
    store.settings.setFact(progressKey(one), null);
  }
}

/** Documents that sweeps have missed, but not often enough yet. */
export function unconfirmed(store: Store): number {
  return Object.keys(missingCounts(store)).length;
}

async function sweepIds(run: RunContext, ids: readonly number[], report: SweepReport): Promise<void> {
  const { registry, settings } = run.store;
  const there = new Set(ids);
  const known = allIds((after) => registry.liveIdsAfter(after, PAGE));
  const missing = known.filter((id) => !there.has(id));
  const small = known.length >= SHRUNKEN_LEAST && missing.length > known.length * SHRUNKEN_SHARE;
  if (!small) endAcceptance(settings, 'master', 'library-shrunken');
  else if (!isAccepted(settings, 'master', 'library-shrunken')) throw shrunken(known.length, missing.length);
  // Ids that we never saw, or took for gone: restored, or committed behind the cursor.
  const live = new Set(known);
  const news = ids.filter((id) => !live.has(id));
  for (let i = 0; i < news.length; i += DOCUMENTS) await lookAtDocuments(run, news.slice(i, i + DOCUMENTS), report);

  if (missing.length > 0) await demandWholeView(run.master, run.call);
  const again = new Set((await run.master.documentsByIds(missing, run.call)).map((d) => d.id));
  const absent = missing.filter((id) => !again.has(id));
  const trashed = absent.length === 0 ? new Set<number>() : await trashedOf(run.master, new Set(absent), run.call);
  const before = missingCounts(run.store);
  const counts: Record<string, number> = {};
  const buried = new Set<number>();
  for (const id of absent) {
    const times = (before[id] ?? 0) + 1;
    if (times < settings.number('delete_confirmations')) counts[id] = times;
    else {
      bury(run, id, trashed.has(id), report);
      buried.add(id);
    }
  }
  await requeueNaming(run, buried);
  run.store.fenced(run.epoch, () => settings.setFact(MISSING, JSON.stringify(counts)));
  report.unconfirmed = Object.keys(counts).length;
  await lookForErased(run);
  // Copies whose create was under way when their document went, and those of replicas added since.
  for (const id of allIds((after) => registry.goneIdsAfter(after, PAGE))) layAllToRest(run, id);
}

function allIds(page: (after: number) => number[]): number[] {
  const ids: number[] = [];
  for (let last = 0; ;) {
    const more = page(last);
    ids.push(...more);
    const end = more.at(-1);
    if (end === undefined) return ids;
    last = end;
  }
}

function bury(run: RunContext, id: number, trashed: boolean, report: SweepReport): void {
  run.store.fenced(run.epoch, () => run.store.registry.markGone(id, isoTime(run.env.now())));
  layAllToRest(run, id);
  report.gone += 1;
  run.log('info', `Document ${id} is gone from the master (${trashed ? 'it is in the trash there' : 'it is deleted'}).`, { docId: id });
}

function layAllToRest(run: RunContext, masterDocId: number): void {
  const { registry, replicas } = run.store;
  for (const { id } of replicas.list()) {
    const row = registry.rowFor(id, masterDocId);
    if (row !== null) layToRest(run, row);
  }
}

async function lookAtDocuments(run: RunContext, ids: readonly number[], report: SweepReport): Promise<void> {
  const documents = await run.master.documentsByIds(ids, run.call);
  refuseAnotherPast(run, documents);
  await knowNames(run, documents);
  const { added, changed } = run.store.fenced(run.epoch, () => run.store.registry.record(documents.map(toInput), null, { backfill: false }));
  report.changed += added + changed;
}

async function lookAtTexts(run: RunContext, ids: readonly number[], report: SweepReport): Promise<void> {
  const { registry } = run.store;
  const known = new Map(registry.masterDocs(ids).map((d) => [d.id, d]));
  for (const document of await run.master.documentsWithContent(ids, run.call)) {
    const before = known.get(document.id)?.contentHash ?? null;
    // A text that was never read belongs to a document that is still to be pushed.
    if (before === null) continue;
    const hash = contentHash(document.content);
    if (hash !== before && run.store.fenced(run.epoch, () => registry.contentChanged(document.id, hash))) report.changed += 1;
  }
}

/** Chunk by chunk in the order of ids, from where the last run stopped. False when this one is stopped, too. */
async function walk(run: RunContext, which: Sweep, ids: readonly number[], size: number, look: (chunk: number[]) => Promise<void>): Promise<boolean> {
  const { settings } = run.store;
  const stored = settings.fact(progressKey(which));
  const after = stored === null ? 0 : (JSON.parse(stored) as Progress).after;
  const rest = ids.filter((id) => id > after);
  for (let i = 0; i < rest.length; i += size) {
    if (run.signal.aborted) return false;
    const chunk = rest.slice(i, i + size);
    await look(chunk);
    const progress: Progress = { after: chunk.at(-1) ?? after };
    settings.setFact(progressKey(which), JSON.stringify(progress));
  }
  return true;
}

/** Whether it is time for one; a sweep that never was is. */
export function isDue(run: RunContext, which: Sweep): boolean {
  const last = run.store.settings.fact(lastKey(which));
  return last === null || run.env.now() - Number(last) >= run.store.settings.number(`sweep_${which}_seconds`) * 1000;
}

function finish(run: RunContext, which: Sweep, report: SweepReport): void {
  run.store.settings.setFact(lastKey(which), String(run.env.now()));
  run.store.settings.setFact(progressKey(which), null);
  report.done.push(which);
}

const MISSING = 'sweep:missing';

function missingCounts(store: Store): Record<string, number> {
  const stored = store.settings.fact(MISSING);
  return stored === null ? {} : (JSON.parse(stored) as Record<string, number>);
}

function lastKey(which: Sweep): string {
  return `sweep:${which}:last`;
}

function progressKey(which: Sweep): string {
  return `sweep:${which}:at`;
}

function shrunken(known: number, missing: number): PaperlessError {
  return new PaperlessError({
    class: 'instance',
    code: 'library-shrunken',
    message: `The master had ${known} documents and ${missing} of them are missing now: that is no clearing up, it is another library or a lost one.`,
    nextStep:
      'Look at the master. If it lost nothing that it should have: pngx preflight --accept library-shrunken; what is missing then counts as deleted. If it is a new library at the same address, start with a new database, so that nothing is taken from the replicas.',
  });
}
