import { PaperlessError } from './errors';

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

/** What `capabilitiesOf` knows besides; only src/paperless needs it. */
export interface ServerCapabilities extends Capabilities {
  /** Whether tags have parents (2.19+). */
  nestedTags: boolean;
}

/**
 * The object for one server version as it says it (`3.0.5`, `2.20.15`, `3.1.0-beta.2`). 2.20 and 3.x are supported; 2.16 to 2.19 with `allowUntested` alone.
 * Throws `version-unsupported` (class `instance`) for anything else. 3.1 and later are taken and told as untested.
 */
export function capabilitiesOf(version: string, options: { allowUntested?: boolean; name?: string } = {}): ServerCapabilities {
  const match = /^v?(\d+)\.(\d+)(?:\.\d+)*(.*)$/.exec(version.trim());
  const major = Number(match?.[1] ?? Number.NaN);
  const minor = Number(match?.[2] ?? Number.NaN);
  const released = (match?.[3] ?? '') === '';
  const refuse = (nextStep: string) =>
    new PaperlessError({
      class: 'instance',
      code: 'version-unsupported',
      message: `${options.name ?? 'The instance'} is paperless-ngx ${version.trim().slice(0, 40) || 'of unknown version'}; 2.20 and 3.x are supported.`,
      nextStep,
    });
  if (major === 3)
    return {
      version,
      api: 10,
      checksum: 'sha256',
      versions: true,
      identicalBytes: true,
      pagedTasks: true,
      listCarriesAllIds: false,
      foldsFileNames: true,
      // Outside, 3.x answers 500 and has written nevertheless: its search index counts nanoseconds in 64 bits (§8).
      createdRange: { min: '1678-01-01', max: '2261-12-31' },
      nestedTags: true,
      untested: minor !== 0 || !released,
    };
  const old = major === 2 && minor >= 16 && minor < 20;
  if (old && options.allowUntested !== true)
    throw refuse('Upgrade it to 2.20.15 (or on to 3.x), or allow untested versions in the settings of this instance.');
  if (major === 2 && (minor === 20 || old))
    return {
      version,
      api: 9,
      checksum: 'md5',
      versions: false,
      identicalBytes: false,
      pagedTasks: false,
      listCarriesAllIds: true,
      foldsFileNames: false,
      createdRange: { min: '0001-01-01', max: '9999-12-31' },
      nestedTags: minor >= 19,
      untested: old || !released,
    };
  if (major < 2 || (major === 2 && minor < 16)) throw refuse('Upgrade it to 2.20.15 or later.');
  throw refuse('Use a release of pngx-controller that knows this version.');
}
