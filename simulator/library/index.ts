import { addedTimes, makeDocument } from './documents.js';
import { ByteCache } from './files/file.js';
import { plantNasty, plantUsual } from './nasty/nasty.js';
import { plainLibrary } from './plain.js';
import type { Library } from './types.js';
import { correspondents, customFields, documentTypes, groups, storagePaths, tags, users } from './words/taxonomy.js';

export interface LibraryOptions {
  /** How many documents, 0 or more. */
  documents: number;
  /** A whole number; the same seed and number of documents make the same library, byte for byte. */
  seed: number;
  /** Only small text files and ASCII metadata, for measurements. */
  plain?: boolean;
  /** Everything that a copy may get wrong, each kind five times or more from 120 documents on; some of the documents are in the trash then. */
  nasty?: boolean;
  /** Of the paperless that it is for: 2.x knows no versions and no twins, and other days and names (3). */
  major?: 2 | 3;
}

/**
 * A library worth looking at: several languages and scripts, five kinds of files, about one in a hundred of several megabytes, a tag tree,
 * custom fields, notes, archive numbers, corrected texts; from a hundred documents on also file versions, linked documents, a few files that
 * are there twice, owners and permissions. Files are made when their bytes are asked for.
 */
export function generateLibrary(options: LibraryOptions): Library {
  if (!Number.isSafeInteger(options.documents) || options.documents < 0)
    throw new RangeError(`documents must be 0 or more, got ${options.documents}.`);
  if (!Number.isSafeInteger(options.seed)) throw new RangeError(`seed must be a whole number, got ${options.seed}.`);
  if (options.plain === true) return plainLibrary(options);
  const cache = new ByteCache(64 * 1024 * 1024);
  const library: Library = {
    users: users.map((user) => ({ ...user })),
    groups: [...groups],
    tags: tags.map((tag) => ({ ...tag })),
    correspondents: correspondents.map(({ name, match }) => ({ name, ...(match === undefined ? {} : { match, matchingAlgorithm: 3 }) })),
    documentTypes: Object.values(documentTypes).map((name) => ({ name })),
    storagePaths: storagePaths.map(({ name, path }) => ({ name, path })),
    customFields: customFields.map((field) => ({ ...field })),
    documents: addedTimes(options.documents, options.seed).map((added, index) => makeDocument(index + 1, options.seed, added, cache)),
  };
  const plants = { seed: options.seed, major: options.major ?? 3 };
  if (options.nasty === true) plantNasty(library, plants);
  else plantUsual(library, plants);
  return library;
}
