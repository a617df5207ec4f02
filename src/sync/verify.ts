import type { WireDocument, WireDocumentWithContent } from '../paperless';
import type { MasterFileRow, Store, SyncRow } from '../state';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { linkTarget } from './linked';
import { chainFor } from './push-file';
import { planDocument, type Difference } from './plan-document';
import { failing } from './instance-failure';
import { demandSameCopy } from './same-copy';
import { parityKey } from './schema-parity';
import { stableJson } from './text';
import { parseWanted } from './wanted';

export interface VerifyReport {
  matched: number;
  differs: number;
  unreadable: number;
}

const CHUNK = 50;
const DAY_MS = 86_400_000;
/** A page of rows that were never looked at; the whole of a first sync is verified as it goes. */
const NEW_ROWS = 500;

/**
 * Looks at copies with eyes of its own: everything not yet verified at its version, and a share of the rest, so that all of it is looked at within
 * `verify_days`. Reads only; what differs is queued for repair.
 */
export async function verify(
  lane: Lane,
  onResult: (masterDocId: number, verification: 'matched' | 'differs' | 'unreadable') => void,
): Promise<VerifyReport> {
  const report: VerifyReport = { matched: 0, differs: 0, unreadable: 0 };
  const { registry } = lane.run.store;
  // Everything that was verified before somebody asked for all of it, else a share of what was verified long ago.
  const demanded = lane.run.store.settings.fact(demandKey(lane.replicaId));
  const before = demanded ?? isoTime(lane.run.env.now() - lane.run.settings.verifyDays * DAY_MS);
  let rotating = demanded === null ? lane.run.settings.verifyPerCycle : Infinity;
  const seen = new Set<number>();
  await failing('replica', lane.replica, async () => {
    for (;;) {
      const due = registry.verifiable(lane.replicaId, before, NEW_ROWS).filter((row) => !seen.has(row.id));
      const rows = due.filter((row) => row.verifiedVersion !== row.syncedVersion || row.verification !== 'matched' || rotating-- > 0);
      if (rows.length === 0) break;
      for (let i = 0; i < rows.length && !lane.signal.aborted; i += CHUNK) {
        for (const row of rows.slice(i, i + CHUNK)) seen.add(row.id);
        await verifyChunk(lane, rows.slice(i, i + CHUNK), report, onResult);
      }
      if (lane.signal.aborted) return;
    }
    lane.run.store.settings.setFact(demandKey(lane.replicaId), null);
  });
  return report;
}

/** Has every replica's collections and documents looked at in its next cycle. */
export function demandChecks(store: Store, now: number): void {
  for (const { id } of store.replicas.list()) {
    store.settings.setFact(demandKey(id), isoTime(now));
    store.settings.setFact(parityKey(id), null);
  }
}

function demandKey(replicaId: number): string {
  return `verify-before:${replicaId}`;
}

async function verifyChunk(lane: Lane, rows: readonly SyncRow[], report: VerifyReport, onResult: Parameters<typeof verify>[1]): Promise<void> {
  const documents = await lane.writer.documentsWithContent(
    rows.flatMap((row) => row.replicaDocId ?? []),
    lane.call,
  );
  const byId = new Map(documents.map((d) => [d.id, d]));
  for (const row of rows) {
    if (lane.signal.aborted) return;
    const found = byId.get(row.replicaDocId ?? -1);
    if (found !== undefined) demandSameCopy(row, found);
    const differences = found === undefined ? null : await compare(lane, row, found);
    const verification = differences === null ? 'unreadable' : differences.length === 0 ? 'matched' : 'differs';
    const at = isoTime(lane.run.env.now());
    const kept = found !== undefined && verification === 'differs' ? keepBack(lane, row, found) : null;
    const difference = differences !== null && differences.length > 0 ? { difference: JSON.stringify(differences) } : {};
    lane.run.store.fenced(lane.run.epoch, () => {
      const { registry } = lane.run.store;
      registry.verified(row.id, { verification, version: row.syncedVersion ?? row.wantedVersion, ...difference }, at);
      // The copy isn't there: the push finds out whether it is in the trash or gone.
      if (verification === 'unreadable') registry.move(row.id, { to: 'queued', priority: 2 }, at);
      if (kept !== null) registry.move(row.id, { to: 'held', reason: kept }, at);
    });
    report[verification] += 1;
    onResult(row.masterDocId, verification);
    if (verification !== 'matched') {
      const what = differences === null ? 'it is not there any more' : differences.map((d) => d.field).join(', ');
      lane.run.log(
        'warning',
        `${lane.replica}: document ${row.masterDocId} is not as it should be (${what}); ${kept ?? 'it is queued for repair.'}`,
        {
          replicaId: lane.replicaId,
          docId: row.masterDocId,
        },
      );
    }
  }
}

/** Repairs that didn't last, after which it is an automation there and not a person. */
const ROUNDS = 2;

/** Why a copy that differs is not repaired; null: the master wins. */
function keepBack(lane: Lane, row: SyncRow, found: WireDocument): string | null {
  if (row.verification === 'differs' && row.retryCount >= ROUNDS) {
    return 'It was repaired twice and is changed back each time: a workflow or a matching rule on the replica does that. Switch it off there, then retry.';
  }
  const policy = optionOfReplica(lane, 'drift_policy');
  if (policy === 'revert' || found.modified === row.observedModified) return null;
  return policy === 'keep'
    ? 'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.'
    : 'It was changed on the replica, and the policy is to ask: retry it to bring back what the master has.';
}

/** Every field against what the registry wants, and the file's checksum against the master's. */
async function compare(lane: Lane, row: SyncRow, found: WireDocumentWithContent): Promise<Difference[]> {
  const { registry } = lane.run.store;
  const master = registry.masterDoc(row.masterDocId);
  if (master === null) return [];
  const document = JSON.parse(master.document) as WireDocument;
  const masterView = lane.run.masterView();
  const wanted = row.wanted === null ? masterView.describe(document) : parseWanted(row.wanted);
  const view = await lane.view();
  const { target, missing, limits } = view.translate(wanted, masterView, {
    content: master.contentHash === null ? undefined : { hash: master.contentHash },
    link: (id) => linkTarget(lane, id),
    syncOwners: lane.run.settings.syncOwners,
  });
  if (row.reasons.includes('asn-held-by-another')) target.archiveSerialNumber = found.archiveSerialNumber;
  if (limits.includes('field-value-refused')) target.customFields = found.customFields;
  const { differences } = planDocument(target, found);
  for (const { kind, name } of missing) differences.push({ field: kind, wanted: name, found: null });
  const bytes = await compareBytes(lane, row, document, found);
  return bytes === null ? differences : [...differences, bytes];
}

async function compareBytes(lane: Lane, row: SyncRow, document: WireDocument, found: WireDocumentWithContent): Promise<Difference | null> {
  const { registry } = lane.run.store;
  if (lane.writer.capabilities.versions) {
    const have = found.versions.map((v) => v.checksum);
    const chain = chainFor({ document }, true);
    const listed = chain.map((link) => link.sha256);
    if (listed[0] !== null) {
      if (stableJson(have) !== stableJson(listed)) return { field: 'file', wanted: listed, found: have };
      const [wanted, labels] = [chain, found.versions].map((list) => list.map(({ label }) => label ?? ''));
      return stableJson(wanted) === stableJson(labels) ? null : { field: 'version_labels', wanted, found: labels };
    }
    // A 2.x master knows one file; each time it was replaced there, the copy was given a version.
    const want = learnedSha256(registry.file(row.masterDocId, 0)) ?? row.fileChecksum;
    return have.at(-1) === want ? null : { field: 'file', wanted: want, found: have };
  }
  const metadata = await lane.writer.metadata(found.id, lane.call);
  const want = await md5Of(lane, row.masterDocId, document.versions.at(-1)?.id ?? null);
  return metadata?.originalChecksum === want ? null : { field: 'file', wanted: want, found: metadata?.originalChecksum ?? null };
}

/** Learned when the file was last read; a 3.x master lists SHA-256 alone, so a file that never passed through is read once. */
async function md5Of(lane: Lane, masterDocId: number, versionId: number | null): Promise<string> {
  const known = lane.run.store.registry.file(masterDocId, versionId ?? 0);
  if (known !== null && known.md5 !== '') return known.md5;
  const held = await lane.run.onMaster(() => lane.run.files.acquire(masterDocId, versionId, lane.replicaId, [], known?.sha256 ?? null));
  await held.release();
  return held.shared.file.md5;
}

/** Of a 2.x master's file the MD5 may be all that is known. */
function learnedSha256(file: MasterFileRow | null): string | undefined {
  return file === null || file.sha256 === '' ? undefined : file.sha256;
}
