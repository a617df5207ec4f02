/**
 * A library as plain data: what a generator makes and a simulated instance is seeded with.
 * Names, not ids, so that one library seeds any instance; keys are the library's own document numbers.
 */
export interface Library {
  users: LibraryUser[];
  groups: string[];
  tags: LibraryTag[];
  correspondents: LibraryTaxon[];
  documentTypes: LibraryTaxon[];
  storagePaths: (LibraryTaxon & { path: string })[];
  customFields: LibraryCustomField[];
  /** In the order in which they were added; `key` is 1, 2, 3 … and becomes the id on an empty instance. */
  documents: LibraryDocument[];
  /** People whom a replica of this library doesn't have. */
  absent?: { users: string[]; groups: string[] };
}

export interface LibraryUser {
  username: string;
  firstName?: string;
  lastName?: string;
  email?: string;
  superuser?: boolean;
  groups?: string[];
}

export interface LibraryTaxon {
  name: string;
  owner?: string | null;
  match?: string;
  matchingAlgorithm?: number;
}

export interface LibraryTag extends LibraryTaxon {
  color?: string;
  /** Name of the parent tag; parents stand before their children. */
  parent?: string;
  inbox?: boolean;
}

export type CustomFieldType = 'string' | 'url' | 'date' | 'boolean' | 'integer' | 'float' | 'monetary' | 'documentlink' | 'select' | 'longtext';

export interface LibraryCustomField {
  name: string;
  dataType: CustomFieldType;
  options?: { id: string; label: string }[];
  defaultCurrency?: string;
}

export interface LibraryFile {
  originalFileName: string;
  mimeType: string;
  /** Made when asked for, so that a library of any size needs no memory; the same bytes on every call. */
  bytes(): Uint8Array;
  /** The text a parser would find in it. */
  text: string;
  pageCount: number | null;
}

export interface LibraryDocument {
  key: number;
  title: string;
  /** YYYY-MM-DD */
  created: string;
  /** ISO time; `modified` starts out the same. */
  added: string;
  file: LibraryFile;
  /** Further versions, oldest first (3.x only). */
  versions?: (LibraryFile & { label?: string; added: string })[];
  /** Text as a person corrected it; the file's text when left out. */
  content?: string;
  correspondent?: string;
  documentType?: string;
  storagePath?: string;
  tags: string[];
  archiveSerialNumber?: number;
  /** By field name; a documentlink holds document keys; a select holds the option's id. */
  customFields: { field: string; value: unknown }[];
  notes: { text: string; user?: string; created: string }[];
  owner?: string | null;
  permissions?: { viewUsers?: string[]; viewGroups?: string[]; changeUsers?: string[]; changeGroups?: string[] };
  trashed?: boolean;
}
