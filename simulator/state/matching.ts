/** Rules that file a new document by its text. The classifier (6) needs training and matches nothing here. */
import type { TaxonRow } from './rows';

function words(match: string): string[] {
  return [...match.matchAll(/"([^"]+)"|(\S+)/g)].map((found) => found[1] ?? found[2] ?? '');
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function contains(text: string, pattern: string, flags: string): boolean {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${pattern}(?![\\p{L}\\p{N}_])`, `u${flags}`).test(text);
}

/** White space within a quoted word stands for any white space. */
function containsWord(text: string, word: string, flags: string): boolean {
  return contains(text, escape(word).replace(/\s+/g, '\\s+'), flags);
}

export function matches(taxon: TaxonRow, text: string): boolean {
  if (taxon.match.trim() === '') return false;
  const flags = taxon.insensitive ? 'i' : '';
  switch (taxon.algorithm) {
    case 1:
      return words(taxon.match).some((word) => containsWord(text, word, flags));
    case 2:
      return words(taxon.match).every((word) => containsWord(text, word, flags));
    case 3:
      return contains(text, escape(taxon.match), flags);
    case 4:
      return matchesPattern(taxon.match, text, flags);
    case 5:
      return isLike(taxon.match, text, taxon.insensitive);
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

/** From this share of common letters on, a stretch of text counts as the wanted words. */
const alikeEnough = 0.9;

/** Whether some stretch of the text, as long as what is wanted, has nearly the same letters in the same order; punctuation aside. */
function isLike(wanted: string, text: string, insensitive: boolean): boolean {
  const plain = (given: string) => (insensitive ? given.toLowerCase() : given).replace(/[^\p{L}\p{N}_\s]/gu, '');
  const [short, long] = [plain(wanted), plain(text)];
  if (short === '') return false;
  for (let at = 0; at <= Math.max(0, long.length - short.length); at++) {
    const window = long.slice(at, at + short.length);
    if ((2 * commonLength(short, window)) / (short.length + window.length) >= alikeEnough) return true;
  }
  return false;
}

/** The length of the longest common subsequence. */
function commonLength(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const letter of a) {
    const next = [0];
    for (let n = 1; n <= b.length; n++) next.push(letter === b[n - 1] ? (row[n - 1] ?? 0) + 1 : Math.max(row[n] ?? 0, next[n - 1] ?? 0));
    row = next;
  }
  return row[b.length] ?? 0;
}
