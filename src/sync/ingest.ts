import { PaperlessError, type WireDocument } from '../paperless';
import type { MasterDocInput } from '../state';
import { fromMicros, toMicros } from './instant';
import type { RunContext } from './run-context';
import { sha256, stableJson } from './text';

export interface IngestReport {
  added: number;
  changed: number;
  requests: number;
}

const PAGE = 1000;
/** Documents asked for by id at once. */
const CHUNK = 900;

/** What of a document is compared between two looks; `modified` apart, and text never (it isn't listed). */
export function fingerprintOf(document: WireDocument): string {
  const { modified: _modified, pageCount: _pages, archivedFileName: _archive, ...rest } = document;
  return sha256(stableJson({ ...rest, tags: [...rest.tags].sort((a, b) => a - b) }));
}

export function toInput(document: WireDocument): MasterDocInput {
  return {
    id: document.id,
    modified: document.modified,
    fingerprint: fingerprintOf(document),
    document: JSON.stringify(document),
    // 2.x lists no checksums: what was learned of its files stays.
    ...(document.versions.length === 0 ? {} : { files: document.versions.map((v) => ({ versionId: v.id, sha256: v.checksum })) }),
  };
}

/**
 * Everything that changed on the master since the cursor, into the registry: always page 1 from the last stamp seen, so that rows that move while we
 * read can't be skipped. The overlap catches rows that were stamped before, and committed after, we looked. The master's own times alone decide.
 */
export async function ingest(run: RunContext): Promise<IngestReport> {
  const { registry } = run.store;
  const report: IngestReport = { added: 0, changed: 0, requests: 0 };
  const cursor = registry.cursor();
  const first = registry.masterDocCount() === 0;
  let greatest = cursor === null ? null : toMicros(cursor);
  let from = greatest === null ? null : Math.max(0, greatest - run.settings.cursorOverlapMs * 1000);

  /** `upTo`: what was changed after it says nothing of what lies between. */
  const take = async (documents: readonly WireDocument[], upTo = Infinity): Promise<void> => {
    refuseAnotherPast(run, documents);
    await knowNames(run, documents);
    let moved: string | null = null;
    for (const document of documents) {
      const at = toMicros(document.modified);
      if (at <= upTo && (greatest === null || at > greatest)) {
        greatest = at;
        moved = document.modified;
      }
    }
    const done = run.store.fenced(run.epoch, () => registry.record(documents.map(toInput), moved, { backfill: first }));
    report.added += done.added;
    report.changed += done.changed;
  };

  for (;;) {
    const page = await run.master.modifiedDocuments({ ...(from === null ? {} : { from: fromMicros(from) }), pageSize: PAGE }, run.call);
    report.requests += 1;
    await take(page.results);
    const [earliest, last] = [page.results[0], page.results.at(-1)];
    if (!page.more || earliest === undefined || last === undefined) return report;
    const reached = toMicros(last.modified);
    if (toMicros(earliest.modified) < reached) {
      from = reached;
      continue;
    }
    // A whole page of one stamp (a bulk edit): there is no id filter to break the tie, so that stamp is read alone and then passed.
    for await (const documents of ofOneStamp(run, last.modified)) {
      report.requests += 1;
      await take(documents, reached);
    }
    from = reached + 1;
  }
}

/**
 * All documents of one stamp, however many they are: a stamp may be shared by a whole library (an import), which no answer and no memory should hold at
 * once. An edit takes a row out of the stamp and moves those behind it to an earlier page, so the ids are walked until a walk shows none that is new; what
 * left comes later, under its new stamp. Nothing is read when the registry has as many of them.
 */
async function* ofOneStamp(run: RunContext, modified: string): AsyncGenerator<WireDocument[]> {
  const stamp = fromMicros(toMicros(modified));
  const { count } = await run.master.modifiedDocuments({ from: stamp, to: stamp, pageSize: 1 }, run.call);
  if (run.store.registry.countModifiedAt(modified) === count) return;
  const seen = new Set<number>();
  for (let before = -1; seen.size > before;) {
    before = seen.size;
    for await (const ids of run.master.documentIdsAt(stamp, run.call)) {
      const fresh = ids.filter((id) => !seen.has(id));
      for (const id of fresh) seen.add(id);
      for (let i = 0; i < fresh.length; i += CHUNK) yield await run.master.documentsByIds(fresh.slice(i, i + CHUNK), run.call);
    }
  }
}

/** A number that now belongs to a document of another arrival: the master was restored from a backup and has gone on from there. */
export function refuseAnotherPast(run: RunContext, documents: readonly WireDocument[]): void {
  const arrived = new Map(documents.map((d) => [d.id, d.added]));
  for (const known of run.store.registry.masterDocs([...arrived.keys()])) {
    const now = arrived.get(known.id) ?? '';
    const before = (JSON.parse(known.document) as { added: string }).added;
    if (Date.parse(now) === Date.parse(before)) continue;
    throw new PaperlessError({
      class: 'instance',
      code: 'another-instance',
      message: `Document ${known.id} arrived on the master at ${now}, and at ${before} as we knew it: the master was restored from a backup, or another server answers at this address.`,
      nextStep: 'Nothing was written. Check the address. If this is the master now, start with a new database and reconcile each replica.',
    });
  }
}

/** Collections were read before the documents: an id that they don't know was made in between. */
export async function knowNames(run: RunContext, documents: readonly WireDocument[]): Promise<void> {
  const kinds = new Set(documents.flatMap((d) => run.masterView().unknownTo(d)));
  if (kinds.size > 0) await run.refreshCollections(kinds.has('user') || kinds.has('group'));
}
