/**
 * What a replica's document is to be, in that replica's own ids: made from the wanted document by ReplicaView, compared with what was read by the planner.
 */
export interface TargetDocument {
  title: string;
  /** Left out where this version can't hold it. */
  created: string | undefined;
  /** Hash of the stripped text; undefined when it isn't known here and so not compared. */
  contentHash: string | undefined;
  /** The text itself, where a PATCH may be needed. */
  content: string | undefined;
  correspondent: number | null;
  documentType: number | null;
  storagePath: number | null;
  /** Ancestor-closed, ascending. */
  tags: number[];
  archiveSerialNumber: number | null;
  /** Ascending by field. */
  customFields: { field: number; value: unknown }[];
  notes: string[];
  /** undefined: left as it is. */
  owner: number | null | undefined;
  permissions: { view: { users: number[]; groups: number[] }; change: { users: number[]; groups: number[] } } | undefined;
}
