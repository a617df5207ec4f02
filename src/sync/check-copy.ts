import { isPaperlessError, type WireDocument, type WireDocumentWithContent } from '../paperless';
import type { MasterFileRow, SyncRow } from '../state';
import type { MappedKind } from './entity-state';
import type { Lane } from './lane';
import { linksFrom } from './link-target';
import { compareOlderTexts } from './older-texts';
import { planDocument, type Difference } from './plan-document';
import { chainFor } from './chain';
import type { Translation } from './replica-view';
import type { TargetDocument } from './target';
import { stableJson } from './text';
import { parseWanted } from './wanted';

/**
 * Every field against what the registry wants, and the checksum that the replica tells of its file against the master's. `unasked`: the copy is unchanged since it
 * was proven, so that a 2.x replica, which lists no checksums, isn't asked for this one's.
 * null: the master has the file no more that this would be compared with; a sweep finds out what became of it.
 */
export async function compareCopy(lane: Lane, row: SyncRow, found: WireDocumentWithContent, unasked: boolean): Promise<Difference[] | null> {
  const { registry } = lane.run.store;
  const master = registry.masterDoc(row.masterDocId);
  if (master === null) return [];
  const document = JSON.parse(master.document) as WireDocument;
  const masterView = lane.run.masterView();
  const wanted = row.wanted === null ? masterView.describe(document) : parseWanted(row.wanted);
  const view = await lane.view();
  const { target, missing, limits } = view.translate(wanted, masterView, {
    content: master.contentHash === null ? undefined : { hash: master.contentHash },
    link: linksFrom(lane, document),
    syncOwners: lane.run.settings.syncOwners,
  });
  if (row.reasons.includes('asn-held-by-another')) target.archiveSerialNumber = found.archiveSerialNumber;
  if (limits.includes('field-value-refused')) target.customFields = found.customFields;
  const { differences } = planDocument(target, found);
  // Tags move without their documents: what is said of this one has to be said anew.
  const said = row.status === 'ok' || row.status === 'limited' ? row.reasons.includes('tag-elsewhere') : null;
  if (said === !limits.includes('tag-elsewhere') && !differences.some(({ field }) => field === 'tags'))
    differences.push({ field: 'tags', wanted: target.tags, found: found.tags });
  for (const gap of missing) tellMissing(differences, gap, target, found);
  const bytes = unasked && !lane.writer.capabilities.versions ? null : await compareChecksum(lane, row, document, found);
  if (bytes === 'gone') return null;
  if (bytes !== null) return [...differences, bytes];
  // A text of the flow's own stands for all that the master's say.
  const proven = row.verification === 'matched' && row.verifiedVersion === row.wantedVersion;
  const texts =
    proven && lane.writer.capabilities.versions && wanted.content === undefined ? await compareOlderTexts(lane, row, document, found) : null;
  return texts === null ? differences : [...differences, texts];
}

/** A name that is wanted and that nothing on the replica has: told with its field. */
function tellMissing(differences: Difference[], { kind, name }: Translation['missing'][number], target: TargetDocument, found: WireDocument): void {
  const fields: Record<MappedKind, [string, unknown]> = {
    tag: ['tags', found.tags],
    correspondent: ['correspondent', found.correspondent],
    documentType: ['document_type', found.documentType],
    storagePath: ['storage_path', found.storagePath],
    customField: [`custom field "${name}"`, 'no field of that name'],
  };
  const [field, seen] = fields[kind];
  const before = differences.find((difference) => difference.field === field);
  const wanted = kind === 'tag' ? [...((before?.wanted as unknown[] | undefined) ?? target.tags), name] : kind === 'customField' ? 'a value' : name;
  if (before === undefined) differences.push({ field, wanted, found: seen, missing: true });
  else before.wanted = wanted;
}

async function compareChecksum(
  lane: Lane,
  row: SyncRow,
  document: WireDocument,
  found: WireDocumentWithContent,
): Promise<Difference | 'gone' | null> {
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
  if (want === null) return 'gone';
  return metadata?.originalChecksum === want ? null : { field: 'file', wanted: want, found: metadata?.originalChecksum ?? null };
}

/** Learned when the file was last read; a 3.x master lists SHA-256 alone, so a file that never passed through is read once. null: the master has it no more. */
async function md5Of(lane: Lane, masterDocId: number, versionId: number | null): Promise<string | null> {
  const known = lane.run.store.registry.file(masterDocId, versionId ?? 0);
  if (known !== null && known.md5 !== '') return known.md5;
  return lane.run.onMaster(async () => {
    try {
      const held = await lane.run.files.acquire(masterDocId, versionId, lane.replicaId, [], known?.sha256 ?? null);
      await held.release();
      return held.shared.file.md5;
    } catch (error) {
      if (isPaperlessError(error) && error.class === 'document') return null;
      throw error;
    }
  });
}

/** Of a 2.x master's file the MD5 may be all that is known. */
function learnedSha256(file: MasterFileRow | null): string | undefined {
  return file === null || file.sha256 === '' ? undefined : file.sha256;
}
