/** What becomes of an uploaded file: refused, or a new document (or version) with everything paperless does to it on the way. */
import { asnHolder, bump, digestOf, liveDocument, twins } from '../state/documents';
import { matches } from '../state/matching';
import { closure } from '../state/tags';
import { noGrants, type Store } from '../state/store';
import type { StoredFile } from '../state/files';
import type { DataType, DocumentRow, TaskOutcome, TaxonRow } from '../state/rows';
import { archiveOf, getsArchive } from './derived';
import { parse, ParseError, type Parsed } from './parse';
import { extensionOf } from './sniff';
import { longestTitle, renderTitle, TitleTemplateError } from './title';
import { stem, titleNames } from './title-names';
import { actionsFor, assigned, runWorkflows, triggers } from '../state/workflows';

/** What an upload asks for beside its bytes. */
export interface Upload {
  file: StoredFile;
  filename: string;
  mimeType: string;
  owner: number;
  title?: string;
  created?: string;
  correspondent?: number;
  documentType?: number;
  storagePath?: number;
  tags?: number[];
  asn?: number;
  customFields?: [field: number, value: unknown][];
  /** Only tells another source of the task. */
  fromWebInterface?: boolean;
  /** 3.x: the document that gets a new version. */
  versionOf?: number;
  versionLabel?: string | null;
}

export interface ConsumeSettings {
  /** PAPERLESS_CONSUMER_DELETE_DUPLICATES of 3.x. */
  duplicatesRefused: boolean;
  /** Texts and page counts that are known without parsing, by SHA-256. */
  known: Map<string, Parsed>;
}

/** The longest name in bytes that the server's disk takes: it tries one with two more in front. */
const longestName = 253;

/** What a worker looks at first: a file or a serial number that is there already. */
export function preflight(store: Store, upload: Upload, settings: ConsumeSettings): TaskOutcome | undefined {
  return refuseDuplicate(store, upload, settings) ?? refuseAsn(store, upload);
}

/** What follows: reading the file and storing it. Others may have stored the same in the meantime. */
export async function consume(store: Store, upload: Upload, settings: ConsumeSettings): Promise<TaskOutcome> {
  let parsed: Parsed;
  try {
    parsed = settings.known.get(upload.file.sha256) ?? (await parse(upload.file, upload.mimeType, store.profile.major));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return consumerError(upload, `Error occurred while consuming document ${upload.filename}: ${error.message}`);
  }
  if (Buffer.byteLength(upload.filename) > longestName) return storingFailed(upload, "[Errno 36] File name too long: '<path>'");
  const late = overtaken(store, upload, settings);
  if (late) return late;
  // Its document went to the trash while the upload waited (3.0.5:documents/consumer.py:583).
  if (upload.versionOf !== undefined && !liveDocument(store, upload.versionOf))
    return storingFailed(upload, 'Document matching query does not exist.');
  try {
    return { kind: 'document', id: storeDocument(store, overridden(store, upload), parsed).id };
  } catch (error) {
    if (!(error instanceof TitleTemplateError)) throw error;
    return storingFailed(upload, error.message);
  }
}

function consumerError(upload: Upload, message: string): TaskOutcome {
  return { kind: 'error', type: 'ConsumerError', message: `${upload.filename}: ${message}` };
}

function storingFailed(upload: Upload, cause: string): TaskOutcome {
  return consumerError(upload, `The following error occurred while storing document ${upload.filename} after parsing: ${cause}`);
}

function refuseDuplicate(store: Store, upload: Upload, settings: ConsumeSettings): TaskOutcome | undefined {
  if (store.profile.major === 3 && !settings.duplicatesRefused) return undefined;
  const found = twins(store, upload.file[store.profile.digest]);
  const twin = found[0];
  if (!twin) return undefined;
  if (store.profile.major === 2 && found.length > 1) {
    return { kind: 'error', type: 'MultipleObjectsReturned', message: `get() returned more than one Document -- it returned ${found.length}!` };
  }
  return { kind: 'duplicate', of: twin.id, title: twin.title, inTrash: twin.deletedAt !== null, filename: upload.filename };
}

/** Two uploads of one file, or with one serial number, at once: both pass the first look, and the later one breaks here. */
function overtaken(store: Store, upload: Upload, settings: ConsumeSettings): TaskOutcome | undefined {
  const unique = (column: string) => storingFailed(upload, `UNIQUE constraint failed: documents_document.${column}`);
  if (store.profile.major === 3 && settings.duplicatesRefused) return refuseDuplicate(store, upload, settings);
  if (store.profile.major === 2 && store.documents.all().some((row) => digestOf(store, row) === upload.file.md5)) return unique('checksum');
  return upload.asn !== undefined && asnHolder(store, upload.asn) ? unique('archive_serial_number') : undefined;
}

function refuseAsn(store: Store, upload: Upload): TaskOutcome | undefined {
  if (upload.asn === undefined) return undefined;
  const holder = asnHolder(store, upload.asn);
  if (!holder) return undefined;
  const trashed = holder.deletedAt === null ? '' : ' Note: existing document is in the trash.';
  return consumerError(upload, `Not consuming ${upload.filename}: Given ASN ${upload.asn} already exists!${trashed}`);
}

function storeDocument(store: Store, upload: Upload, parsed: Parsed): DocumentRow {
  const root = upload.versionOf === undefined ? undefined : liveDocument(store, upload.versionOf);
  const title = root ? root.title : titleOf(store, upload);
  const added = store.stamp();
  const archived = getsArchive(store.profile.major, upload.mimeType, parsed.text);
  const row = store.documents.insert({
    title,
    content: parsed.text,
    parsedText: parsed.text,
    created: root?.created ?? upload.created ?? store.zone.date(added),
    modified: added,
    added,
    deletedAt: null,
    deletion: null,
    asn: upload.asn ?? null,
    originalFilename: store.profile.major === 3 ? upload.filename.normalize('NFC') : upload.filename,
    original: upload.file,
    archive: archived ? archiveOf(upload.file) : null,
    correspondent: upload.correspondent ?? null,
    documentType: upload.documentType ?? null,
    storagePath: upload.storagePath ?? null,
    tags: closure(store, upload.tags ?? []),
    fields: (upload.customFields ?? []).map(([field, value]) => ({
      field,
      values: { [store.customFields.get(field)?.dataType as DataType]: value },
    })),
    notes: [],
    pageCount: parsed.pageCount,
    mimeType: upload.mimeType,
    owner: root ? root.owner : upload.owner,
    grants: noGrants(),
    root: root?.id ?? null,
    versionLabel: upload.versionLabel ?? null,
    mediaFilename: '',
    thumbnailTime: added,
  });
  row.mediaFilename = mediaName(store, row, root);
  file(store, row, parsed.text);
  bump(store, row);
  if (root) root.modified = store.stamp();
  else runWorkflows(store, triggers.added, row, titleNames(store, { ...row, filename: upload.filename }));
  return row;
}

function mediaName(store: Store, row: DocumentRow, root: DocumentRow | undefined): string {
  const extension = extensionOf(row.mimeType);
  if (!root) return `${String(row.id).padStart(7, '0')}${extension}`;
  const position = store.documents.versions(root.id).length;
  return `${String(root.id).padStart(7, '0')}_v${position}${extension}`;
}

function titleOf(store: Store, upload: Upload): string {
  const fallback = stem(upload.filename).slice(0, longestTitle);
  return upload.title === undefined ? fallback : renderTitle(upload.title, namesOf(store, upload), fallback);
}

function namesOf(store: Store, upload: Upload) {
  const { correspondent, documentType, owner, filename } = upload;
  return titleNames(store, { correspondent, documentType, owner, filename });
}

/** Consumption workflows win over what the upload asked for. */
function overridden(store: Store, upload: Upload): Upload {
  if (upload.versionOf !== undefined) return upload;
  const { tags, ...rest } = assigned(actionsFor(store, triggers.consumption, upload.filename));
  return { ...upload, ...rest, tags: [...(upload.tags ?? []), ...tags] };
}

/** Post-consume handlers: inbox tags always, correspondent, type and path where empty, matching tags always. */
function file(store: Store, row: DocumentRow, text: string): void {
  const visible = (taxon: TaxonRow) => taxon.owner === null || taxon.owner === row.owner;
  const first = (taxa: TaxonRow[]) => taxa.find((taxon) => visible(taxon) && matches(taxon, text))?.id ?? null;
  if (row.root === null) {
    const inbox = store.tags.all().filter((tag) => tag.inbox && visible(tag));
    row.tags = closure(store, [...row.tags, ...inbox.map((tag) => tag.id)]);
  }
  row.correspondent ??= first(store.correspondents.all());
  row.documentType ??= first(store.documentTypes.all());
  row.storagePath ??= first(store.storagePaths.all());
  const tags = store.tags.all().filter((tag) => visible(tag) && matches(tag, text));
  row.tags = closure(store, [...row.tags, ...tags.map((tag) => tag.id)]);
}
