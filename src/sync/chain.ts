import type { WireDocument } from '../paperless';

/** One file of a document's chain, oldest first; `sha256` null where the master doesn't list it (2.x). */
export interface ChainLink {
  versionId: number | null;
  sha256: string | null;
  label: string | null;
  position: number;
}

/** The files that this replica is to hold: the whole chain where it knows versions, else the newest alone. */
export function chainFor(item: { document: Pick<WireDocument, 'versions'> }, versions: boolean): ChainLink[] {
  const chain = item.document.versions.map((v, position) => ({ versionId: v.id, sha256: v.checksum, label: v.label, position }));
  if (chain.length === 0) return [{ versionId: null, sha256: null, label: null, position: 0 }];
  return versions ? chain : chain.slice(-1).map((link) => ({ ...link, position: 0 }));
}
