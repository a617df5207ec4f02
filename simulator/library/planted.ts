import { createHash } from 'node:crypto';
import type { Library, LibraryDocument } from './types.js';

/** Why a replica can't hold a document as the master has it. */
export type LimitReason = 'identical bytes' | 'older versions' | 'created out of range' | 'dangling link';

function danglingIn(library: Library): (document: LibraryDocument) => boolean {
  const links = new Set(library.customFields.filter((field) => field.dataType === 'documentlink').map((field) => field.name));
  const live = new Set(library.documents.filter((document) => document.trashed !== true).map((document) => document.key));
  return ({ customFields }) =>
    customFields.some(({ field, value }) => links.has(field) && Array.isArray(value) && (value as number[]).some((key) => !live.has(key)));
}

/**
 * How many of a library's documents a replica of a major version can't hold in full, by reason. 2.x holds the same bytes once and has no file
 * versions; 3.x can't index days that don't fit into 64 bits of nanoseconds; nobody takes a link to a document in the trash.
 */
export function plantedLimits(library: Library, major: 2 | 3): Partial<Record<LimitReason, number>> {
  const counts: Partial<Record<LimitReason, number>> = {};
  const count = (reason: LimitReason): void => void (counts[reason] = (counts[reason] ?? 0) + 1);
  const seen = new Set<string>();
  const dangling = danglingIn(library);
  for (const document of library.documents) {
    if (document.trashed === true) continue;
    if (major === 2) {
      const newest = document.versions?.at(-1) ?? document.file;
      const hash = createHash('md5').update(newest.bytes()).digest('hex');
      if (seen.has(hash)) {
        count('identical bytes');
        continue;
      }
      seen.add(hash);
      if (document.versions?.length) count('older versions');
    } else if (document.created < '1678-01-01' || document.created > '2261-12-31') count('created out of range');
    if (dangling(document)) count('dangling link');
  }
  return counts;
}

/** How many documents belong to somebody whom a replica doesn't have; twins that it can't hold aren't among them. */
export function plantedWithheld(library: Library): number {
  const absent = new Set(library.absent?.users);
  return library.documents.filter((document) => document.trashed !== true && typeof document.owner === 'string' && absent.has(document.owner)).length;
}
