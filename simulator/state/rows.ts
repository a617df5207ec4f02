/** The rows of an instance's database. Times are microseconds since 1970, as paperless keeps them; dates are YYYY-MM-DD. */
import type { StoredFile } from './files';

export type Micros = number;

export interface UserRow {
  id: number;
  username: string;
  password: string;
  email: string;
  firstName: string;
  lastName: string;
  isStaff: boolean;
  isActive: boolean;
  isSuperuser: boolean;
  joined: Micros;
  groups: number[];
  permissions: string[];
  token: string | null;
}

export interface GroupRow {
  id: number;
  name: string;
  permissions: string[];
}

/** Who beyond the owner may see or change an object: ids of users and groups. */
export interface Grants {
  view: { users: number[]; groups: number[] };
  change: { users: number[]; groups: number[] };
}

export interface OwnedRow {
  id: number;
  owner: number | null;
  grants: Grants;
}

export interface TaxonRow extends OwnedRow {
  name: string;
  match: string;
  algorithm: number;
  insensitive: boolean;
}

export interface TagRow extends TaxonRow {
  color: string;
  inbox: boolean;
  parent: number | null;
}

export interface StoragePathRow extends TaxonRow {
  path: string;
}

export const dataTypes = ['string', 'url', 'date', 'boolean', 'integer', 'float', 'monetary', 'documentlink', 'select', 'longtext'] as const;
export type DataType = (typeof dataTypes)[number];

export interface SelectOption {
  id: string;
  label: string;
}

export interface CustomFieldRow {
  id: number;
  name: string;
  dataType: DataType;
  /** Kept as it was sent, in its key order. */
  extraData: Record<string, unknown> | null;
}

/** One custom field on one document. Every data type has its own column, so a changed type hides a value and doesn't lose it. */
export interface FieldInstance {
  field: number;
  values: Partial<Record<DataType, unknown>>;
}

export interface NoteRow {
  id: number;
  note: string;
  created: Micros;
  user: number | null;
}

export interface DocumentRow extends OwnedRow {
  title: string;
  content: string;
  created: string;
  modified: Micros;
  added: Micros;
  deletedAt: Micros | null;
  /** Rows trashed by one call come back together; null while alive. */
  deletion: number | null;
  asn: number | null;
  originalFilename: string | null;
  original: StoredFile;
  archive: StoredFile | null;
  correspondent: number | null;
  documentType: number | null;
  storagePath: number | null;
  tags: number[];
  fields: FieldInstance[];
  notes: NoteRow[];
  pageCount: number | null;
  mimeType: string;
  /** 3.x: the document that this row is a version of. */
  root: number | null;
  versionLabel: string | null;
  /** Its name on the server's disk. */
  mediaFilename: string;
  /** When its thumbnail was made. */
  thumbnailTime: Micros;
  /** What the parser found: reprocessing puts it back over a corrected content. */
  parsedText: string;
}

export type TaskStatus = 'pending' | 'started' | 'success' | 'failure';

export interface TaskRow {
  id: number;
  taskId: string;
  type: 'consume_file' | 'bulk_update' | 'reprocess_document';
  source: 'api_upload' | 'web_ui' | 'system' | 'manual';
  filename: string | null;
  mimeType: string | null;
  /** What the upload asked for, as 3.x shows it. */
  overrides: Record<string, unknown>;
  status: TaskStatus;
  created: Micros;
  started: Micros | null;
  done: Micros | null;
  outcome: TaskOutcome | null;
  acknowledged: boolean;
  owner: number | null;
}

export type TaskOutcome =
  | { kind: 'document'; id: number }
  | { kind: 'reason'; reason: string }
  | { kind: 'done' }
  | { kind: 'duplicate'; of: number; title: string; inTrash: boolean; filename: string }
  | { kind: 'error'; type: string; message: string };

/** Kept as the server shows it. */
export interface JsonRow {
  id: number;
  json: Record<string, unknown>;
}

export type WorkflowRow = JsonRow;
