/** Rules that file a new document by its text. The classifier (6) needs training and matches nothing here. */
import type { TaxonRow } from './rows';

function words(match: string): string[] {
  return [...match.matchAll(/"([^"]+)"|(\S+)/g)].map((found) => found[1] ?? found[2] ?? '');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
}

function contains(text: string, word: string, flags: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escape(word)}(?![\\p{L}\\p{N}_])`, `u${flags}`).test(text);
}

export function matches(taxon: TaxonRow, text: string): boolean {
  if (taxon.match.trim() === '') return false;
  const flags = taxon.insensitive ? 'i' : '';
  switch (taxon.algorithm) {
    case 1:
      return words(taxon.match).some((word) => contains(text, word, flags));
    case 2:
      return words(taxon.match).every((word) => contains(text, word, flags));
    case 3:
      return contains(text, taxon.match, flags);
    case 4:
      return matchesPattern(taxon.match, text, flags);
    case 5:
      return contains(text.replace(/[^\p{L}\p{N}\s]/gu, ''), taxon.match.replace(/[^\p{L}\p{N}\s]/gu, ''), flags);
    default:
      return false;
  }
}

function matchesPattern(pattern: string, text: string, flags: string): boolean {
  try {
    return new RegExp(pattern, flags).test(text);
  } catch {
    return false;
  }
}
