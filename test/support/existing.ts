import type { Library, LibraryDocument } from '../../simulator/library/types';
import type { World } from './world';

/** The library as a replica that was filled by hand would hold it: the same files, other names for things, other order of ids, other details. */
export function filledByHand(library: Library, change: (document: LibraryDocument) => Partial<LibraryDocument> = () => ({})): Library {
  const documents = [...library.documents]
    .reverse()
    .filter((document) => document.trashed !== true)
    .map((document): LibraryDocument => {
      const { archiveSerialNumber: _asn, versions: _versions, correspondent: _who, documentType: _type, storagePath: _path, ...rest } = document;
      return {
        ...rest,
        tags: [],
        customFields: [],
        notes: [],
        owner: null,
        permissions: {},
        title: `scan ${document.key}`,
        // Stored long before anybody thought of replication.
        added: new Date(Date.parse(document.added) - 90 * 86_400_000).toISOString(),
        ...change(document),
      };
    });
  return { ...library, tags: [], correspondents: [], documentTypes: [], storagePaths: [], customFields: [], users: [], groups: [], documents };
}

/** Uploads that a server was sent. */
export function uploads(world: World): number {
  return world.replica.requests.filter(({ method, operation }) => method === 'POST' && operation.startsWith('documents.upload')).length;
}

export function downloads(world: World): number {
  return world.master.requests.filter(({ operation }) => operation === 'documents.download').length;
}
