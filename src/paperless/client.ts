import type { Capabilities } from './capabilities';
import type {
  CustomFieldType,
  Page,
  WireConfiguration,
  WireCustomField,
  WireDocument,
  WireDocumentWithContent,
  WireGroup,
  WireIdentity,
  WireMailRule,
  WireMetadata,
  WireNote,
  WireStatistics,
  WireStoragePath,
  WireTag,
  WireTask,
  WireTaxon,
  WireUser,
  WireWorkflow,
} from './wire';

/** Every call takes one: aborting it ends the exchange with an error of class `aborted`. */
export interface CallOptions {
  signal?: AbortSignal;
}

export type TaxonKind = 'correspondent' | 'documentType' | 'storagePath';

/** Bytes on their way, to be read once. */
export interface Download {
  /** From Content-Length; null when the server didn't say. */
  length: number | null;
  mimeType: string;
  chunks: AsyncIterable<Uint8Array>;
  discard(): Promise<void>;
}

export interface ModifiedQuery {
  /** ISO time as the server wrote it; rows at exactly this time are included. Left out: from the beginning. */
  from?: string;
  /** ISO time, inclusive. */
  to?: string;
  pageSize: number;
}

/** One instance, for reading. The master is only ever given as this: the type has no way to write. */
export interface PaperlessReader {
  readonly name: string;
  /** Base URL without credentials. */
  readonly url: string;
  /** Known after `identify()`; throws before. */
  readonly capabilities: Capabilities;
  /** Who we are and which version answers; negotiates the API version. Refuses what isn't a supported paperless with class `instance`. */
  identify(options?: CallOptions): Promise<WireIdentity>;
  statistics(options?: CallOptions): Promise<WireStatistics>;
  /** First page of documents changed in a span, ordered by `modified,id`, no content. One request. */
  modifiedDocuments(query: ModifiedQuery, options?: CallOptions): Promise<Page<WireDocument>>;
  /** Ids of all live documents. 2.x: one request (`all`); 3.x: pages of 1,000 by id. */
  documentIds(options?: CallOptions): AsyncIterable<number[]>;
  /** As `documentIds`, of those that were last changed at exactly this moment: ISO time as the server wrote it. */
  documentIdsAt(modified: string, options?: CallOptions): AsyncIterable<number[]>;
  /** These documents, those that exist, in no particular order; chunks of ≤ 900 ids and ≤ 8 kB of URL. An empty list asks nothing. */
  documentsByIds(ids: readonly number[], options?: CallOptions): Promise<WireDocument[]>;
  documentsWithContent(ids: readonly number[], options?: CallOptions): Promise<WireDocumentWithContent[]>;
  /** null when it isn't there (404: gone, trashed or invisible). */
  document(id: number, options?: CallOptions): Promise<WireDocumentWithContent | null>;
  /** 3.x: the text of one file version, the newest's being the document's own; null when there is no such version. */
  versionContent(id: number, versionId: number, options?: CallOptions): Promise<string | null>;
  /** Live documents whose original has this checksum (2.x MD5, 3.x SHA-256 of the root's). */
  documentsByChecksum(checksum: string, options?: CallOptions): Promise<WireDocumentWithContent[]>;
  documentsByTitlePart(part: string, options?: CallOptions): Promise<WireDocument[]>;
  documentsByAsn(asn: number, options?: CallOptions): Promise<WireDocument[]>;
  metadata(id: number, options?: CallOptions): Promise<WireMetadata | null>;
  /** The original's bytes, never the archive's; `versionId` picks one on 3.x, else the newest. */
  download(id: number, versionId: number | null, options?: CallOptions): Promise<Download>;
  tags(options?: CallOptions): Promise<WireTag[]>;
  taxa(kind: 'correspondent' | 'documentType', options?: CallOptions): Promise<WireTaxon[]>;
  storagePaths(options?: CallOptions): Promise<WireStoragePath[]>;
  customFields(options?: CallOptions): Promise<WireCustomField[]>;
  users(options?: CallOptions): Promise<WireUser[]>;
  groups(options?: CallOptions): Promise<WireGroup[]>;
  workflows(options?: CallOptions): Promise<WireWorkflow[]>;
  mailRules(options?: CallOptions): Promise<WireMailRule[]>;
  /** What is set in the server's settings pages; all of it null where nothing is. */
  configuration(options?: CallOptions): Promise<WireConfiguration>;
  /** Page 1, 2, … of the trash, newest `created` first. */
  trash(page: number, pageSize: number, options?: CallOptions): Promise<Page<WireDocument>>;
  close(): Promise<void>;
}

export interface UploadFile {
  /** As the master has it; the client escapes what paperless would unescape. */
  fileName: string;
  mimeType: string;
  length: number;
  open(): AsyncIterable<Uint8Array>;
}

/** Given at upload; everything else follows by PATCH. */
export interface UploadFields {
  title: string;
  /** YYYY-MM-DD */
  created?: string;
}

export interface DocumentPatch {
  title?: string;
  content?: string;
  created?: string;
  correspondent?: number | null;
  documentType?: number | null;
  storagePath?: number | null;
  /** Ancestors included: paperless drops the children of what is missing. */
  tags?: number[];
  archiveSerialNumber?: number | null;
  /** Replaced whole: what isn't listed is deleted. */
  customFields?: { field: number; value: unknown }[];
  owner?: number | null;
  permissions?: { view: { users: number[]; groups: number[] }; change: { users: number[]; groups: number[] } };
}

export interface TagFields {
  name?: string;
  color?: string;
  parent?: number | null;
  isInboxTag?: boolean;
  match?: string;
  matchingAlgorithm?: number;
  owner?: number | null;
}

export interface TaxonFields {
  name?: string;
  path?: string;
  match?: string;
  matchingAlgorithm?: number;
  owner?: number | null;
}

export interface CustomFieldFields {
  name?: string;
  dataType?: CustomFieldType;
  selectOptions?: { id: string; label: string }[];
  defaultCurrency?: string | null;
}

/** One replica: everything a reader can, and the writes. No call repeats itself when its outcome is unknown. */
export interface PaperlessWriter extends PaperlessReader {
  /** POST of a new document; the task's UUID. The file's bytes may be opened once per call. */
  upload(file: UploadFile, fields: UploadFields, options?: CallOptions): Promise<string>;
  /** 3.x: POST of a further version of a document; the task's UUID. */
  uploadVersion(rootId: number, file: UploadFile, label: string | null, options?: CallOptions): Promise<string>;
  /** 3.x: one version, not the root, to the trash. Gone already is no error. */
  deleteVersion(rootId: number, versionId: number, options?: CallOptions): Promise<void>;
  /** 3.x. null takes the label away. */
  labelVersion(rootId: number, versionId: number, label: string | null, options?: CallOptions): Promise<void>;
  /** The document as the server answered: no proof, read it back. */
  patchDocument(id: number, patch: DocumentPatch, options?: CallOptions): Promise<WireDocumentWithContent>;
  /** 3.x: the text of one version, which isn't the newest. */
  patchVersionContent(id: number, versionId: number, content: string, options?: CallOptions): Promise<void>;
  addNote(id: number, text: string, options?: CallOptions): Promise<WireNote[]>;
  deleteNote(id: number, noteId: number, options?: CallOptions): Promise<WireNote[]>;
  /** To the trash. */
  trashDocument(id: number, options?: CallOptions): Promise<void>;
  restoreDocument(id: number, options?: CallOptions): Promise<void>;
  /** One document out of the trash, for good, its versions with it. Refused (class `document`) for one that isn't there. */
  eraseTrashed(id: number, options?: CallOptions): Promise<void>;
  createTag(fields: TagFields & { name: string }, options?: CallOptions): Promise<WireTag>;
  patchTag(id: number, fields: TagFields, options?: CallOptions): Promise<WireTag>;
  createTaxon(kind: TaxonKind, fields: TaxonFields & { name: string }, options?: CallOptions): Promise<WireTaxon>;
  patchTaxon(kind: TaxonKind, id: number, fields: TaxonFields, options?: CallOptions): Promise<WireTaxon>;
  createCustomField(fields: CustomFieldFields & { name: string; dataType: CustomFieldType }, options?: CallOptions): Promise<WireCustomField>;
  patchCustomField(id: number, fields: CustomFieldFields, options?: CallOptions): Promise<WireCustomField>;
  /** One consume task by UUID; null when no row is there (yet, or ever). */
  task(taskId: string, options?: CallOptions): Promise<WireTask | null>;
  /** Consume tasks not yet acknowledged, newest first, at most `limit` (3.x; 2.x always answers all of them). */
  openTasks(limit: number, options?: CallOptions): Promise<WireTask[]>;
  /** By integer key. One unknown key refuses all of them. */
  acknowledgeTasks(ids: readonly number[], options?: CallOptions): Promise<void>;
}

/** The whole-instance settings a client is made from. The token never shows in a message. */
export interface InstanceAddress {
  name: string;
  /** http(s)://host[:port][/sub-path]; no credentials, no query. */
  url: string;
  token: string;
}
