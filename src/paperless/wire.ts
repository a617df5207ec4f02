/** Wire data as paperless 2.20 (API 9) and 3.x (API 10) send it, parsed at this edge: unknown keys are dropped, missing ones are loud. */

export interface WireNote {
  id: number;
  note: string;
  /** ISO time */
  created: string;
  /** Username; null when the user is gone. */
  user: string | null;
}

export interface WireVersion {
  id: number;
  added: string;
  label: string | null;
  /** SHA-256, 64 hex digits. */
  checksum: string;
  isRoot: boolean;
}

export interface WirePermissions {
  view: { users: number[]; groups: number[] };
  change: { users: number[]; groups: number[] };
}

export interface WireCustomFieldValue {
  field: number;
  value: unknown;
}

/** A document with everything but its text. */
export interface WireDocument {
  id: number;
  title: string;
  /** YYYY-MM-DD */
  created: string;
  /** As the server wrote it (its zone's offset, microseconds): kept verbatim, compared as an instant. */
  modified: string;
  added: string;
  correspondent: number | null;
  documentType: number | null;
  storagePath: number | null;
  tags: number[];
  archiveSerialNumber: number | null;
  originalFileName: string | null;
  archivedFileName: string | null;
  mimeType: string;
  pageCount: number | null;
  owner: number | null;
  permissions: WirePermissions;
  notes: WireNote[];
  customFields: WireCustomFieldValue[];
  /** Oldest first, the root included; empty on 2.x. */
  versions: WireVersion[];
  /** Only from the trash (which, in turn, says no permissions: they are empty there). ISO time. */
  deletedAt?: string;
  /** Only from the trash: with a number, this is a version's row and the number is its root's (3.x). */
  rootDocument?: number | null;
}

export interface WireDocumentWithContent extends WireDocument {
  content: string;
}

export interface WireTaxon {
  id: number;
  name: string;
  owner: number | null;
  match: string;
  matchingAlgorithm: number;
}

export interface WireTag extends WireTaxon {
  color: string;
  isInboxTag: boolean;
  parent: number | null;
}

export interface WireStoragePath extends WireTaxon {
  path: string;
}

export type CustomFieldType = 'string' | 'url' | 'date' | 'boolean' | 'integer' | 'float' | 'monetary' | 'documentlink' | 'select' | 'longtext';

export interface WireCustomField {
  id: number;
  name: string;
  dataType: CustomFieldType;
  selectOptions: { id: string; label: string }[];
  defaultCurrency: string | null;
}

export interface WireUser {
  id: number;
  username: string;
}

export interface WireGroup {
  id: number;
  name: string;
}

/** Either API's task in one shape. */
export interface WireTask {
  /** Integer key, for acknowledging. */
  id: number;
  /** The UUID that the upload answered with. */
  taskId: string;
  fileName: string | null;
  status: 'pending' | 'started' | 'success' | 'failure' | 'revoked';
  /** ISO time */
  created: string;
  done: string | null;
  acknowledged: boolean;
  /** The document (or version row) it made; null when none is told (barcode split, failure). */
  documentId: number | null;
  /** The existing twin, when the file was refused as a duplicate. */
  duplicateOf: number | null;
  /** With `duplicateOf`: whether that twin lies in the trash. */
  duplicateInTrash?: boolean;
  /** The failure's or the stop's text, cut to 1000 characters. */
  message: string | null;
  /** 3.x: the title given at upload, where our nonce is. */
  overridesTitle: string | null;
}

export interface WireMetadata {
  /** MD5 on 2.x, SHA-256 on 3.x, of the newest version's original. */
  originalChecksum: string;
  originalSize: number | null;
  originalMimeType: string;
  hasArchive: boolean;
}

export interface WireIdentity {
  version: string;
  userId: number;
  username: string;
  superuser: boolean;
  /** The server's clock as its answer's Date header says, in ms; null where a proxy takes that away. To be shown, never to go by. */
  clock: number | null;
}

/** A workflow, as far as it says whether it changes documents. */
export interface WireWorkflow {
  id: number;
  name: string;
  enabled: boolean;
  /** `type`: 1 consumption started, 2 document added, 3 document updated, 4 scheduled. `sources`: 1 folder, 2 API upload, 3 mail, 4 web; empty for all. */
  triggers: { type: number; sources: number[] }[];
  /** `type`: 1 assigns, 2 removes, 3 mails, 4 calls a webhook, 5 removes a password, 6 moves to the trash (both 3.x). `names`: the fields that it sets or clears. */
  actions: { type: number; names: string[] }[];
}

export interface WireMailRule {
  id: number;
  name: string;
  enabled: boolean;
}

/** What the application's configuration overrides; null: as the environment says, which no API shows. */
export interface WireConfiguration {
  barcodes: boolean | null;
  barcodeAsn: boolean | null;
  barcodeTags: boolean | null;
}

export interface WireStatistics {
  documents: number;
}

export interface Page<T> {
  /** Rows that match in all. */
  count: number;
  results: T[];
  /** Whether rows follow this page. */
  more: boolean;
}
