import type { WireCustomField, WireDocument, WireTag } from '../../../src/paperless';
import { openStore, type EntityKind } from '../../../src/state';
import type { Collections } from '../../../src/sync/collections';
import { MasterView } from '../../../src/sync/master-view';
import type { WantedDocument } from '../../../src/sync/wanted';

export function wanted(change: Partial<WantedDocument> = {}): WantedDocument {
  return {
    title: 'A title',
    created: '2024-05-06',
    correspondent: null,
    document_type: null,
    storage_path: null,
    tags: [],
    archive_serial_number: null,
    custom_fields: [],
    notes: [],
    owner: null,
    permissions: { view: { users: [], groups: [] }, change: { users: [], groups: [] } },
    original_file_name: 'a.txt',
    ...change,
  };
}

export function wire(change: Partial<WireDocument> = {}): WireDocument {
  return {
    id: 1,
    title: 'A title',
    created: '2024-05-06',
    modified: '2026-01-01T00:00:00Z',
    added: '2026-01-01T00:00:00Z',
    correspondent: null,
    documentType: null,
    storagePath: null,
    tags: [],
    archiveSerialNumber: null,
    originalFileName: 'a.txt',
    archivedFileName: null,
    mimeType: 'text/plain',
    pageCount: null,
    owner: null,
    permissions: { view: { users: [], groups: [] }, change: { users: [], groups: [] } },
    notes: [],
    customFields: [],
    versions: [],
    ...change,
  };
}

export const tag = (id: number, name: string, parent: number | null = null, owner: number | null = null): WireTag => ({
  id,
  name,
  owner,
  match: '',
  matchingAlgorithm: 0,
  color: '#a6cee3',
  isInboxTag: false,
  parent,
});

export const taxon = (id: number, name: string, owner: number | null = null) => ({ id, name, owner, match: '', matchingAlgorithm: 0 });

export const field = (
  id: number,
  name: string,
  dataType: WireCustomField['dataType'],
  selectOptions: WireCustomField['selectOptions'] = [],
): WireCustomField => ({
  id,
  name,
  dataType,
  selectOptions,
  defaultCurrency: null,
});

export function collections(change: Partial<Collections> = {}): Collections {
  return { tag: [], correspondent: [], documentType: [], storagePath: [], customField: [], user: [], group: [], ...change };
}

/** The master's collections as the registry gives them back. */
export function masterView(of: Partial<Collections>): MasterView {
  const store = openStore({
    path: ':memory:',
    now: () => 0,
    randomBytes: (n) => new Uint8Array(n),
    secretKey: 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=',
  });
  for (const [kind, list] of Object.entries(of)) {
    const rows = (list as { id: number; name?: string; username?: string }[]).map((e) => ({
      id: e.id,
      name: e.name ?? e.username ?? '',
      data: JSON.stringify(e),
    }));
    store.entities.recordMaster(kind as EntityKind, rows);
  }
  const view = new MasterView(store.entities, { notePrefix: false });
  store.close();
  return view;
}
