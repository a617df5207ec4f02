import type { WireDocument, WireTask } from '../paperless';
import { storedFileName } from '../paperless/file-names';
import { fromMicros, toMicros } from './instant';
import type { Lane } from './lane';
import { intentOf } from './lost-uploads';
import { passingError } from './outcome';
import { isFree } from './replace';
import { hasEnded } from './task-watch';
import { demandCheck } from './demand-check';
import { nonceIn } from './upload-mark';

/**
 * A database that was set back to a backup says nothing of what was uploaded since, and paperless 3 takes the same file twice without a word. What arrived on a
 * replica after all that we know of, and is what the master has and no row names, is told as what it is: it is taken over by its bytes, and nothing is sent
 * while an upload of the same name is still being consumed there.
 */
interface PastLife {
  /** When the newest copy that we know of arrived, as the replica says. */
  since: string;
  until: number;
}

const PAGE = 1000;
const TASKS = 100;
/** As long as an upload may wait in a queue, and longer. */
const REMEMBERED_MS = 7 * 86_400_000;
const SHOWN = 3;

function key(replicaId: number): string {
  return `past-life:${replicaId}`;
}

function read(lane: Lane): PastLife | null {
  const stored = lane.run.store.settings.fact(key(lane.replicaId));
  return stored === null ? null : (JSON.parse(stored) as PastLife);
}

/** Looks for a past life of this database's, before anything is written. Three reads at most, and one where nothing has changed. */
export async function recognisePastLife(lane: Lane): Promise<void> {
  const { store, epoch, env } = lane.run;
  const known = store.registry.newestCopy(lane.replicaId);
  if (known === null) return;
  const before = read(lane);
  if (before !== null && env.now() > before.until) store.fenced(epoch, () => store.settings.setFact(key(lane.replicaId), null));
  const { results, more } = await lane.writer.modifiedDocuments({ from: fromMicros(toMicros(known.modified)), pageSize: PAGE }, lane.call);
  const last = results.find((d) => d.id === known.modifiedId);
  if (!more && (last === undefined || toMicros(last.modified) < toMicros(known.modified))) wentBack(lane, known.modifiedId);
  const arrived = results.filter((d) => Date.parse(d.added) > Date.parse(known.added) && isFree(lane, d.id) && intentOf(lane, d) === null);
  const tasks = await strangeTasks(lane);
  if (arrived.length === 0 && tasks.length === 0) return;
  const names = await unknownNames(lane);
  const ours = arrived.filter((d) => nonceIn(d.title) !== undefined || names.has(nameOf(d)));
  const coming = tasks.filter(
    (t) => nonceIn(t.overridesTitle ?? '') !== undefined || (t.fileName !== null && [...names].some((n) => n.startsWith(fold(t.fileName)))),
  );
  if (ours.length + coming.length === 0) return;
  const since = before?.since ?? known.added;
  store.fenced(epoch, () =>
    store.settings.setFact(key(lane.replicaId), JSON.stringify({ since, until: env.now() + REMEMBERED_MS } satisfies PastLife)),
  );
  const shown = ours.slice(0, SHOWN).map((d) => `${d.id} "${d.title}"`);
  const which = shown.length === 0 ? '' : ` (${shown.join(', ')}${ours.length > SHOWN ? ', …' : ''})`;
  lane.run.log(
    'warning',
    `${lane.replica}: ${ours.length} documents${which} arrived there after all that this database knows of, ${coming.length} are on their way, and they are what the master has: the database was restored from a backup, or another controller writes to this replica. They are taken over by their bytes and nothing is sent a second time; pngx sync --full --until-settled brings that to its end now. If another controller runs, stop one of the two.`,
    { replicaId: lane.replicaId },
  );
}

/** The copy that was changed last isn't there, or was changed before that: whatever else was lost with it is found by looking at all. */
function wentBack(lane: Lane, id: number): void {
  demandCheck(lane.run.store, lane.replicaId, lane.run.env.now());
  lane.run.log(
    'warning',
    `${lane.replica}: document ${id}, the copy that was changed last, is not there as we left it: somebody took it away, or the replica was restored from a backup. All copies there are looked at now; what is missing or different is brought again.`,
    { replicaId: lane.replicaId },
  );
}

/** Whether a free document of our bytes is surely of our own making, whatever the setting says of strangers. */
export function isOfPastLife(lane: Lane, document: Pick<WireDocument, 'added'>): boolean {
  const life = read(lane);
  return life !== null && Date.parse(document.added) > Date.parse(life.since);
}

/**
 * Before a new document is sent: the copy that a past life made of it and gave a further version since, which no look-up by checksum finds (null: none such).
 * Throws while an upload of the same name is being consumed.
 */
export async function copyOfPastLife(lane: Lane, fileName: string, sha256: string): Promise<number | null> {
  if (read(lane) === null) return null;
  const name = fold(fileName);
  if ((await strangeTasks(lane)).some((task) => task.fileName === null || fold(task.fileName) === name)) {
    throw passingError(
      'past-upload-under-way',
      `The replica is consuming a file of the name ${fileName} that this database knows nothing of; it was restored from a backup, and the file may be this one.`,
      'Nothing to do: it is looked for again when that has ended.',
    );
  }
  if (!lane.writer.capabilities.versions || lane.run.master.capabilities.versions) return null;
  lane.pastCopies ??= versioned(lane);
  const found = (await lane.pastCopies).get(sha256);
  return found !== undefined && isFree(lane, found) ? found : null;
}

/** Free documents of more than one version, by their newest: a 2.x master knows that one alone. */
async function versioned(lane: Lane): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const page of lane.writer.documentIds(lane.call)) {
    const free = page.filter((id) => isFree(lane, id));
    for (const document of await lane.writer.documentsByIds(free, lane.call)) {
      const newest = document.versions.at(-1)?.checksum;
      if (document.versions.length > 1 && newest !== undefined && isOfPastLife(lane, document)) found.set(newest, document.id);
    }
  }
  return found;
}

/** Unfinished uploads that no row of ours sent. */
async function strangeTasks(lane: Lane): Promise<WireTask[]> {
  const rows = lane.run.store.registry.inFlight(lane.replicaId);
  const ids = new Set(rows.map((row) => row.taskId));
  const names = new Set(rows.map((row) => fold(row.intent?.fileName ?? '')));
  const open = await lane.writer.openTasks(TASKS, lane.call);
  return open.filter((task) => {
    if (hasEnded(task) || ids.has(task.taskId)) return false;
    if (task.overridesTitle !== null && nonceIn(task.overridesTitle) !== undefined) return intentOf(lane, { title: task.overridesTitle }) === null;
    return task.fileName === null || !names.has(fold(task.fileName));
  });
}

/** What the master has changed since we looked, and this replica has no copy of, by file name and date. */
async function unknownNames(lane: Lane): Promise<Set<string>> {
  const { registry } = lane.run.store;
  const cursor = registry.cursor();
  const page = await lane.run.onMaster(() =>
    lane.run.master.modifiedDocuments({ ...(cursor === null ? {} : { from: fromMicros(toMicros(cursor)) }), pageSize: PAGE }, lane.call),
  );
  const without = page.results.filter((d) => (registry.rowFor(lane.replicaId, d.id)?.replicaDocId ?? null) === null);
  return new Set(without.map(nameOf));
}

function nameOf(document: WireDocument): string {
  return `${fold(document.originalFileName)} ${document.created}`;
}

function fold(name: string | null): string {
  return storedFileName(name ?? '', true);
}
