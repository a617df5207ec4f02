import { isPaperlessError, type WireDocument, type WireDocumentWithContent } from '../paperless';
import type { Held, SyncRow } from '../state';
import type { HandedItem } from './hand-out';
import { awaitAsn, trashByAsn } from './asn-watch';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { completeLinks, linksFrom } from './link-target';
import { uploadName, type Limit } from './normalise';
import { culpritOf } from './culprit';
import { sayHeld } from './held';
import { documentError, passingError } from './outcome';
import { ensureNamed } from './parity';
import { observe } from './observed';
import { isEmpty, planDocument, type DocumentPlan } from './plan-document';
import type { ReplicaView, Translation } from './replica-view';
import { move } from './moves';
import { demandSameCopy } from './same-copy';
import { splitPath } from './text';
import type { WantedDocument } from './wanted';

/** Read, plan, act, read again: so often, then it is an error that names the fields which don't stay. */
const ROUNDS = 4;
/** Writes that were read back undone, after which an automation of the replica's is looked for. */
const UNDONE = 2;
const PAUSE_AFTER_UNKNOWN_MS = 1_000;

export interface Applied {
  outcome: 'ok' | 'limited' | 'linking' | 'held' | 'vanished';
  reasons: string[];
}

/**
 * Makes the replica's document be the wanted one and proves it by reading. `found` is what was just read, or `fresh` when the file has only just been
 * consumed and nothing of ours is on it. The row is `applying` (or `queued` with a document) and ends `ok`, `limited` or `linking`.
 */
export async function apply(
  lane: Lane,
  row: SyncRow,
  item: HandedItem,
  wanted: WantedDocument,
  content: string,
  start: WireDocumentWithContent | 'fresh',
): Promise<Applied> {
  const replicaDocId = row.replicaDocId;
  if (replicaDocId === null) throw new Error(`Row ${row.id} has no document to apply to.`);
  let found: WireDocumentWithContent | null = start === 'fresh' ? null : start;
  let proven = start !== 'fresh';
  let asnHolder: WireDocument | 'outside' | null = null;
  let askedAgain = false;
  let plan: DocumentPlan | undefined;
  let undone = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const translation = await translate(lane, row, wanted, content);
    if (asnHolder !== null) translation.target.archiveSerialNumber = found?.archiveSerialNumber ?? null;
    plan = planDocument(translation.target, found);
    if (proven && found !== null && isEmpty(plan)) {
      const limits = await limitsOf(lane, row, item, wanted, found, translation, asnHolder);
      const done = await finish(lane, row, item, wanted, found, translation, limits);
      if (done !== null) return done;
      found = await readBack(lane, row, item, false);
      if (found === null) return { outcome: 'vanished', reasons: [] };
      continue;
    }
    if (round === ROUNDS) break;
    if (undone >= UNDONE && (await heldAsFlapping(lane, row, plan))) return { outcome: 'held', reasons: [] };
    const refusedAsn = await act(lane, row.id, replicaDocId, plan);
    if (refusedAsn) {
      const holder = await freeAsn(lane, row, wanted.archive_serial_number);
      // Nobody alive holds it: its holder gave it up since the refusal, or lies in the trash. Asking once more tells which.
      if (holder === 'outside' && !askedAgain) askedAgain = true;
      else asnHolder = holder;
    }
    found = await readBack(lane, row, item, start === 'fresh' && !proven);
    if (found === null) return { outcome: 'vanished', reasons: [] };
    if (!refusedAsn && proven) undone += 1;
    proven = true;
  }
  const fields = plan?.differences.map((d) => d.field).join(', ') ?? '';
  throw documentError(
    'does-not-settle',
    `What was written doesn't stay: ${fields} read back different ${ROUNDS} times.`,
    'A workflow or matching rule on the replica changes it back, or paperless stores it differently. Compare the two documents, and look at the workflows there.',
  );
}

/** What we write is changed back at once, and we know by whom: held, since both would go on for ever. */
async function heldAsFlapping(lane: Lane, row: SyncRow, { differences }: DocumentPlan): Promise<boolean> {
  const culprit = await culpritOf(lane, differences);
  if (culprit === null) return false;
  const fields = differences.map((d) => d.field).join(', ');
  const held: Held = { code: 'undone-at-once', about: [fields, culprit, lane.replica] };
  move(lane, row.id, { to: 'held', ...held });
  const reason = sayHeld(held);
  lane.run.log('warning', `${lane.replica}: document ${row.masterDocId} is held: ${reason}`, { replicaId: lane.replicaId, docId: row.masterDocId });
  return true;
}

/** The target, with everything that it names made to exist first. */
async function translate(lane: Lane, row: SyncRow, wanted: WantedDocument, content: string): Promise<Translation> {
  const view = await lane.view();
  const context = { content: { text: content }, link: linksFrom(lane, { id: row.masterDocId }), syncOwners: lane.run.settings.syncOwners };
  const first = view.translate(wanted, lane.run.masterView(), context);
  if (first.missing.length === 0) return first;
  for (const { kind, name } of first.missing) {
    const path = kind === 'tag' ? splitPath(wanted.tags.find((t) => splitPath(t).at(-1) === name) ?? name) : [name];
    const field = wanted.custom_fields.find((f) => f.field === name);
    // One at a time: two documents that name the same new tag must not both make it.
    await lane.writes(() => ensureNamed(lane.parityInput(view), kind, path, typeof field?.value === 'string' ? 'string' : null));
  }
  const again = view.translate(wanted, lane.run.masterView(), context);
  const still = again.missing[0];
  if (still === undefined) return again;
  throw documentError(
    'name-missing',
    `The replica has no ${still.kind} "${still.name}", and it couldn't be made there.`,
    still.kind === 'storagePath'
      ? 'A storage path needs a template: make it on the master, or leave it out in the flow.'
      : 'Look in the log for why it was refused, or make it on the replica.',
  );
}

/** Sends what differs. True when the ASN was refused, which the caller settles. Unknown outcomes are left to the reading that follows. */
async function act(lane: Lane, rowId: number, id: number, plan: DocumentPlan): Promise<boolean> {
  const { store, epoch } = lane.run;
  // Its links may be written at their other ends from now on, whatever becomes of the answer and of this process.
  if (plan.patch.customFields !== undefined) store.fenced(epoch, () => store.registry.forgetObserved(rowId));
  const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
    plan.patch.archiveSerialNumber === undefined ? lane.writes(work) : lane.serialWrites(work);
  return inTurn(async () => {
    let asnRefused = false;
    try {
      if (Object.keys(plan.patch).length > 0) {
        try {
          await lane.writer.patchDocument(id, plan.patch, lane.call);
        } catch (error) {
          if (!isPaperlessError(error) || error.fields?.archive_serial_number === undefined) throw error;
          asnRefused = true;
          const { archiveSerialNumber: _asn, ...others } = plan.patch;
          if (Object.keys(others).length > 0) await lane.writer.patchDocument(id, others, lane.call);
        }
      }
      for (const note of plan.notes.remove) await lane.writer.deleteNote(id, note, lane.call);
      for (const text of plan.notes.add) await lane.writer.addNote(id, text, lane.call);
    } catch (error) {
      if (!isPaperlessError(error) || error.class !== 'unknown-outcome') throw error;
      await lane.run.env.sleep(PAUSE_AFTER_UNKNOWN_MS, lane.signal);
    }
    return asnRefused;
  });
}

/**
 * Somebody else has our ASN. A copy of ours gives it up (and is queued, to get its own); anybody else's document keeps it, and this row says who holds it.
 * null: it is free now. No other write of a number comes between the look and the PATCH: the holder may be getting its own at this very moment.
 */
function freeAsn(lane: Lane, row: SyncRow, asn: number | null): Promise<WireDocument | 'outside' | null> {
  return lane.serialWrites(async () => {
    if (asn === null) return null;
    const { registry } = lane.run.store;
    const holder = (await lane.writer.documentsByAsn(asn, lane.call))[0];
    if (holder === undefined) return 'outside';
    const theirs = registry.rowByReplicaDoc(lane.replicaId, holder.id);
    if (theirs === null) return holder;
    if (theirs.id === row.id) return null;
    demandSameCopy(theirs, holder);
    if (lane.planned?.takes(theirs.masterDocId) === false) {
      throw passingError(
        'outside-plan',
        `ASN ${asn} of document ${row.masterDocId} is held by the copy of document ${theirs.masterDocId}, which the plan does not name.`,
        'Nothing to do: the next cycle sets both right.',
      );
    }
    // Queued before it loses the number, so that no crash leaves it settled without.
    if (theirs.status === 'ok' || theirs.status === 'limited') move(lane, theirs.id, { to: 'queued', priority: 1 });
    // Somebody may be at work on it, and have read it back with the number.
    else lane.numberTaken.add(holder.id);
    await lane.writer.patchDocument(holder.id, { archiveSerialNumber: null }, lane.call);
    return null;
  });
}

/** What the replica has now. On 2.x a fresh document is found by its checksum, which proves the bytes in the same request. */
async function readBack(lane: Lane, row: SyncRow, item: HandedItem, proveBytes: boolean): Promise<WireDocumentWithContent | null> {
  const { writer } = lane;
  const id = row.replicaDocId ?? 0;
  if (!proveBytes) return writer.document(id, lane.call);
  // A version that was taken away with the master's was the last one that was sent.
  const sha256 = item.document.versions.at(-1)?.checksum ?? row.fileChecksum ?? '';
  if (writer.capabilities.versions) {
    const document = await writer.document(id, lane.call);
    if (document !== null && !document.versions.some((v) => v.checksum === sha256)) throw wrongBytes(id);
    return document;
  }
  const md5 = row.intent?.md5 ?? knownMd5(lane, row) ?? '';
  const same = md5 === '' ? [] : await writer.documentsByChecksum(md5, lane.call);
  const document = same.find((d) => d.id === id);
  if (document !== undefined) return document;
  if ((await writer.document(id, lane.call)) === null) return null;
  throw wrongBytes(id);
}

function knownMd5(lane: Lane, row: SyncRow): string | undefined {
  const { registry } = lane.run.store;
  const versions = registry.masterDoc(row.masterDocId);
  if (versions === null) return undefined;
  const document = JSON.parse(versions.document) as { versions: { id: number }[] };
  return registry.file(row.masterDocId, document.versions.at(-1)?.id ?? 0)?.md5;
}

function wrongBytes(id: number): Error {
  return passingError(
    'bytes-differ',
    `The replica's document ${id} doesn't hold the bytes that were sent.`,
    'A pre-consume script or a proxy on the replica alters files. Switch it off there; the document is looked at again.',
  );
}

interface Limits {
  reasons: string[];
  message?: string;
  nextStep?: string;
  /** The number that it can't have yet. */
  asn: number | null;
}

async function limitsOf(
  lane: Lane,
  row: SyncRow,
  item: HandedItem,
  wanted: WantedDocument,
  found: WireDocumentWithContent,
  translation: Translation,
  asnHolder: WireDocument | 'outside' | null,
): Promise<Limits> {
  const limits = new Set<Limit>(translation.limits);
  const { name, shortened } = uploadName(wanted.original_file_name, '', lane.writer.capabilities);
  if (shortened) limits.add('file-name-too-long');
  // A copy that was there before us: paperless takes a file's name with its upload alone.
  else if (name !== '' && found.originalFileName !== name) limits.add('file-name-kept');
  if (!lane.writer.capabilities.versions && item.document.versions.length > 1) limits.add('older-versions');
  const asn = wanted.archive_serial_number;
  if (asnHolder === null || asn === null) return { reasons: [...limits], asn: null };
  const inTrash = asnHolder === 'outside';
  const holder = inTrash ? (await trashByAsn(lane)).get(asn) : asnHolder;
  const who = `${holder === undefined ? 'a document' : `document ${holder.id} "${holder.title}"`}${inTrash ? ' in the trash' : ''}`;
  const message = `ASN ${asn} of document ${row.masterDocId} is held by ${who} there, which isn't ours.`;
  if (row.errorMessage !== message) lane.run.log('warning', `${lane.replica}: ${message}`, { replicaId: lane.replicaId, docId: row.masterDocId });
  const nextStep = `Take the number from it on ${lane.replica}${inTrash ? ', or empty the trash there' : ''}. It is looked for again by itself.`;
  return { reasons: [...limits, 'asn-held-by-another'], message, nextStep, asn };
}

/** null: its number was taken from it since it was read. */
async function finish(
  lane: Lane,
  row: SyncRow,
  item: HandedItem,
  wanted: WantedDocument,
  found: WireDocumentWithContent,
  translation: Translation,
  { asn, ...limits }: Limits,
): Promise<Applied | null> {
  const view: ReplicaView = await lane.view();
  const { registry } = lane.run.store;
  const observed = { observedModified: found.modified, observedFields: JSON.stringify(observe(view, found)) };
  if (lane.numberTaken.has(found.id)) {
    // What is being written has been written by then.
    await lane.serialWrites(() => Promise.resolve());
    lane.numberTaken.delete(found.id);
    return null;
  }
  return lane.run.store.fenced(lane.run.epoch, () => {
    // A text of the flow's own says nothing about the master's.
    if (translation.target.contentHash !== undefined && wanted.content === undefined)
      registry.setContentHash(row.masterDocId, item.version, translation.target.contentHash);
    registry.learnCopy(row.id, found.added);
    const root = found.versions[0]?.checksum;
    if (root !== undefined) registry.learnReplicaChecksum(lane.replicaId, found.id, root);
    const at = isoTime(lane.run.env.now());
    const { reasons } = limits;
    awaitAsn(lane, row.id, asn);
    if (translation.waitingLinks > 0) {
      registry.move(row.id, { to: 'linking' }, at);
      return { outcome: 'linking', reasons: [] };
    }
    const outcome = reasons.length > 0 ? 'limited' : 'ok';
    registry.move(
      row.id,
      outcome === 'ok' ? { to: 'ok', version: item.version, ...observed } : { to: 'limited', version: item.version, ...limits, ...observed },
      at,
    );
    completeLinks(lane, row.masterDocId);
    return { outcome, reasons };
  });
}
