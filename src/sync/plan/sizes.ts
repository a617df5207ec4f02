import type { WireDocument } from '../../paperless';
import type { Registry } from '../../state';

/** Bytes of these documents' files, as far as they were learned; `exact` false when some weren't. */
export function sizesOf(registry: Registry, masterDocIds: readonly number[]): { download: number; exact: boolean } {
  let download = 0;
  let exact = true;
  for (const id of masterDocIds) {
    const row = registry.masterDoc(id);
    if (row === null) continue;
    const { versions } = JSON.parse(row.document) as WireDocument;
    for (const versionId of versions.length === 0 ? [0] : versions.map((version) => version.id)) {
      const size = registry.file(id, versionId)?.size ?? 0;
      download += size;
      if (size === 0) exact = false;
    }
  }
  return { download, exact };
}
