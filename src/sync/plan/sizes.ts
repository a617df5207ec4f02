import type { WireDocument } from '../../paperless';
import type { Registry } from '../../state';

/** Bytes of these documents' files, as far as they were learned; `exact` false when some weren't. `newestOnly`: for a replica that knows no versions. */
export function sizesOf(registry: Registry, masterDocIds: readonly number[], newestOnly = false): { download: number; exact: boolean } {
  let download = 0;
  let exact = true;
  for (const id of masterDocIds) {
    const row = registry.masterDoc(id);
    if (row === null) continue;
    const { versions: all } = JSON.parse(row.document) as WireDocument;
    const versions = newestOnly ? all.slice(-1) : all;
    for (const versionId of versions.length === 0 ? [0] : versions.map((version) => version.id)) {
      const size = registry.file(id, versionId)?.size ?? 0;
      download += size;
      if (size === 0) exact = false;
    }
  }
  return { download, exact };
}
