/** What one server version can do; the rest of the system asks this object, never a version number. */
export interface Capabilities {
  /** As the server says, e.g. `3.0.5`. */
  version: string;
  /** The API version that we ask for. */
  api: 9 | 10;
  checksum: 'md5' | 'sha256';
  /** Whether a document has a chain of file versions. */
  versions: boolean;
  /** Whether the same bytes may be stored twice (a 3.x server may still be set to refuse them). */
  identicalBytes: boolean;
  /** Whether tasks come in pages with `is_complete` (API 10). */
  pagedTasks: boolean;
  /** Whether every page of a list carries every matching id (API 9). */
  listCarriesAllIds: boolean;
  /** Whether file names are stored composed (NFC). */
  foldsFileNames: boolean;
  /** Earliest and latest `created` that can be stored without an error, YYYY-MM-DD. */
  createdRange: { min: string; max: string };
  /** Versions that nobody tried: told, not refused. */
  untested: boolean;
}
