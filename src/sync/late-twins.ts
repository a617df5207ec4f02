import type { WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { isFree } from './replace';
import { move } from './moves';
import { MARK_BEGINS, nonceIn } from './upload-mark';

/** How long after an upload was given up its document may still turn up: a queue of hundreds takes hours. */
const LOOK_FOR_MS = 7 * 86_400_000;

/** Remembers that an upload of this replica's was given up and sent again: until long after, its document may still come. */
export function expectLateTwin(lane: Lane): void {
  expect(lane, LOOK_FOR_MS);
}

/** Any upload may be taken twice: by a proxy that sends it again, or a worker that is given its task again. Seen by the first look after the task's time. */
export function expectTwin(lane: Lane): void {
  expect(lane, lane.run.settings.taskTimeoutMs);
}

function expect(lane: Lane, forMs: number): void {
  const { settings } = lane.run.store;
  const until = Math.max(Number(settings.fact(factKey(lane)) ?? 0), lane.run.env.now() + forMs);
  settings.setFact(factKey(lane), String(until));
}

/**
 * Documents that carry a nonce of ours and belong to no row: an upload that was thought lost came through after all. The first for a row without a copy
 * becomes its copy, also where the document is gone by now; any other is a second copy of our own making and goes to the trash. Only documents whose nonce
 * is in our journal are touched.
 */
export async function settleLateTwins(lane: Lane): Promise<number> {
  const { store, epoch, env } = lane.run;
  const until = store.settings.fact(factKey(lane));
  if (until === null) return 0;
  let settled = 0;
  let undecided = 0;
  for (const document of await lane.writer.documentsByTitlePart(MARK_BEGINS, lane.call)) {
    const twin = await settleTwin(lane, document);
    if (twin === 'settled') settled += 1;
    if (twin === 'undecided') undecided += 1;
  }
  if (env.now() > Number(until) && undecided === 0) store.fenced(epoch, () => store.settings.setFact(factKey(lane), null));
  return settled;
}

/** `undecided`: its row's own create is under way and may have made this very document, or the row's copy is gone. */
async function settleTwin(lane: Lane, document: WireDocument): Promise<'settled' | 'undecided' | 'not-ours'> {
  const { store, epoch, env } = lane.run;
  const { registry } = store;
  const ours = intentOf(lane, document);
  if (ours === null || !isFree(lane, document.id)) return 'not-ours';
  const row = registry.rowFor(lane.replicaId, ours.masterDocId);
  const about = { replicaId: lane.replicaId, docId: ours.masterDocId };
  // Without a copy and with no create of its own under way, whatever kept it from one.
  if (row !== null && row.replicaDocId === null && row.intent === null && row.status !== 'tombstone') {
    if (row.status !== 'pending') move(lane, row.id, { to: 'queued' });
    move(lane, row.id, { to: 'applying', replicaDocId: document.id, fileChecksum: ours.intent.sha256 });
    lane.run.log('info', `${lane.replica}: an upload thought lost came through as document ${document.id}; adopted.`, about);
    return 'settled';
  }
  if (row?.replicaDocId === null && row.status === 'tombstone') {
    // A copy of what is gone by now: the row has it, so that policy decides what becomes of it.
    const at = isoTime(env.now());
    store.fenced(epoch, () => {
      registry.move(row.id, { to: 'queued' }, at);
      registry.move(row.id, { to: 'applying', replicaDocId: document.id, fileChecksum: ours.intent.sha256 }, at);
      registry.move(row.id, { to: 'tombstone' }, at);
    });
    lane.run.log(
      'info',
      `${lane.replica}: an upload of document ${ours.masterDocId}, which is gone on the master, came through as ${document.id}.`,
      about,
    );
    return 'settled';
  }
  if (row !== null && (row.replicaDocId === null || row.intent?.nonce === ours.intent.nonce)) return 'undecided';
  // The copy that it is the second of may be gone meanwhile: then it is the only one, and the row is given it when that is found out.
  if (row !== null && row.replicaDocId !== null && (await lane.writer.document(row.replicaDocId, lane.call)) === null) return 'undecided';
  await lane.writes(() => lane.writer.trashDocument(document.id, lane.call));
  lane.run.log(
    'warning',
    `${lane.replica}: an upload thought lost came through after it was sent again; its second copy ${document.id} went to the trash (${isoTime(lane.run.env.now())}).`,
    about,
  );
  return 'settled';
}

/** The intent of ours that a document's title carries: it is of our making. */
function intentOf(lane: Lane, document: WireDocument): ReturnType<Lane['run']['store']['registry']['intentByNonce']> {
  const nonce = nonceIn(document.title);
  return nonce === undefined ? null : lane.run.store.registry.intentByNonce(lane.replicaId, nonce);
}

/** Whether a document was made by an upload of ours for this row; adopting that one is no question of policy. */
export function isMadeFor(lane: Lane, row: SyncRow, document: WireDocument): boolean {
  return intentOf(lane, document)?.masterDocId === row.masterDocId;
}

function factKey(lane: Lane): string {
  return `late-twins:${lane.replicaId}`;
}
