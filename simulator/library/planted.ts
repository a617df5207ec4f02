import { createHash } from 'node:crypto';
import type { Library } from './types.js';

/** Why a replica can't hold a document as the master has it. */
export type LimitReason = 'identical bytes' | 'older versions';

/**
 * How many of a library's documents a replica of a major version can't hold in full, by reason.
 * 2.x holds the same bytes once and has no file versions; 3.x takes both.
 */
export function plantedLimits(library: Library, major: 2 | 3): Partial<Record<LimitReason, number>> {
  if (major === 3) return {};
  const seen = new Set<string>();
  let [twins, versioned] = [0, 0];
  for (const document of library.documents) {
    if (document.trashed === true) continue;
    const newest = document.versions?.at(-1) ?? document.file;
    const hash = createHash('md5').update(newest.bytes()).digest('hex');
    if (seen.has(hash)) twins += 1;
    else if (document.versions?.length) versioned += 1;
    seen.add(hash);
  }
  return { ...(twins > 0 ? { 'identical bytes': twins } : {}), ...(versioned > 0 ? { 'older versions': versioned } : {}) };
}
