import type { CallOptions, PaperlessReader, WireCustomField, WireGroup, WireStoragePath, WireTag, WireTaxon, WireUser } from '../paperless';
import type { Entities, EntityKind } from '../state';

/** Everything that documents refer to, as one instance has it now. */
export interface Collections {
  tag: WireTag[];
  correspondent: WireTaxon[];
  documentType: WireTaxon[];
  storagePath: WireStoragePath[];
  customField: WireCustomField[];
  user: WireUser[];
  group: WireGroup[];
}

/** The five that a user changes daily: five requests. */
export async function readTaxonomies(reader: PaperlessReader, options: CallOptions): Promise<Omit<Collections, 'user' | 'group'>> {
  // One after the other: one web worker is one lane, and its users share it.
  const tag = await reader.tags(options);
  const correspondent = await reader.taxa('correspondent', options);
  const documentType = await reader.taxa('documentType', options);
  const storagePath = await reader.storagePaths(options);
  const customField = await reader.customFields(options);
  return { tag, correspondent, documentType, storagePath, customField };
}

export async function readPrincipals(reader: PaperlessReader, options: CallOptions): Promise<Pick<Collections, 'user' | 'group'>> {
  const user = await reader.users(options);
  const group = await reader.groups(options);
  return { user, group };
}

/** Records what the master has. True when anything differs from what was recorded. */
export function recordCollections(entities: Entities, collections: Partial<Collections>): boolean {
  let changed = false;
  for (const [kind, list] of Object.entries(collections) as [EntityKind, (WireTag | WireUser)[]][]) {
    const rows = list.map((entity) => ({ id: entity.id, name: 'username' in entity ? entity.username : entity.name, data: JSON.stringify(entity) }));
    if (entities.recordMaster(kind, rows)) changed = true;
  }
  return changed;
}
