import type { WireField } from './wire.js';

/** One document as a person sees it: names instead of ids, so that it compares across instances. */
export interface SnapshotDocument {
  id: number;
  title: string;
  content: string;
  created: string;
  correspondent: string | null;
  documentType: string | null;
  storagePath: string | null;
  /** Full paths, roots first ("Finance / Tax"), with every ancestor, sorted. */
  tags: string[];
  archiveSerialNumber: number | null;
  originalFileName: string | null;
  owner: string | null;
  /** "view user miriam", "change group family", sorted; null when not read. */
  permissions: string[] | null;
  /** Oldest first. */
  notes: string[];
  customFields: { field: WireField; value: unknown }[];
  /** Checksums of the files, oldest first, the newest last; one on 2.x, SHA-256 on 3.x and MD5 on 2.x as the server tells them. */
  chain: string[];
  /** Labels of the same files, null where a file has none; one null on 2.x. */
  labels: (string | null)[];
  /** Texts of the files before the newest, oldest first; empty unless read (`versionTexts`). */
  olderTexts: string[];
  /** Hashes of the newest original file by which documents are paired; undefined where nobody asked for that algorithm. */
  md5?: string;
  sha256?: string;
}

/** Who there is on an instance, and as whom it was read. */
export interface People {
  self: string;
  users: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

interface Owned {
  /** Left out when owners weren't read. */
  owner?: string | null;
}

export interface Collections {
  tags: Map<string, Owned & { color: string }>;
  correspondents: Map<string, Owned>;
  documentTypes: Map<string, Owned>;
  storagePaths: Map<string, Owned & { path: string }>;
  customFields: Map<string, { dataType: string; options: string[]; currency: string }>;
}

/** All of an instance that the comparison looks at. */
export interface Snapshot {
  url: string;
  version: string;
  major: number;
  documents: SnapshotDocument[];
  collections: Collections;
  /** Null when owners weren't read. */
  people: People | null;
  /** Whether files were downloaded and hashed, or the server's word was taken. */
  files: 'downloaded' | 'checksums';
}
