import type { CustomFieldFields, TagFields, TaxonFields, WireCustomField, WireStoragePath, WireTag, WireTaxon } from '../paperless';

export type MappedKind = 'tag' | 'correspondent' | 'documentType' | 'storagePath' | 'customField';
export type Entity = WireTag | WireTaxon | WireStoragePath | WireCustomField;
export type EntityFields = TagFields & TaxonFields & CustomFieldFields;

export interface EntityOptions {
  colors: boolean;
  matching: boolean;
  inboxFlag: boolean;
  owners: boolean;
  /** What was changed on the replica alone stays so, as far as documents don't depend on it. */
  keepDrift: boolean;
}

export interface EntityMap {
  replicaId: number;
  /** `markOf` the master's when it was last applied as a whole; '' before. */
  applied: string;
  /** The template that the replica was given last, and what it made of it: paperless rewrites templates on saving. */
  template: { given: string; stored: string } | null;
}

/** One kind's mapping while parity is at work on it. */
export interface EntityState {
  kind: MappedKind;
  master: ReadonlyMap<number, Entity>;
  replica: ReadonlyMap<number, Entity>;
  /** By master id. */
  maps: ReadonlyMap<number, EntityMap>;
  /** The replica's custom fields that were copies of fields which are gone on the master. */
  retired: ReadonlySet<number>;
  /** Owner on the replica for a master's owner id; null is unowned. */
  owner(masterOwner: number | null): number | null;
  options: EntityOptions;
}
