import type { Capabilities } from '../paperless';
import { storedFileName } from '../paperless/file-names';
import { cut, strip } from './text';
import { markOf } from './upload-mark';
import type { WantedDocument } from './wanted';

/** Why a replica can't hold a document exactly; shown to people, counted by reason. */
export type Limit =
  | 'created-out-of-range'
  | 'file-name-too-long'
  | 'file-name-kept'
  | 'identical-bytes'
  | 'older-versions'
  | 'dangling-link'
  | 'one-sided-link'
  | 'tag-elsewhere'
  | 'asn-held-by-another'
  | 'field-type-differs'
  | 'field-value-refused'
  | 'owner-without-counterpart'
  | 'grant-without-counterpart';

/** Bytes of UTF-8 that a file name may have: paperless writes `._<name>` beside it, and file systems stop at 255. */
const MAX_FILE_NAME_BYTES = 253;
const MAX_TITLE = 128;
/** The title given at upload goes through a template and is cut one character earlier than a PATCHed one. */
const MAX_UPLOAD_TITLE = 127;

/** What paperless itself makes of a wanted document on this version, and what it can't hold. Equal means equal after this. */
export function normalise(
  wanted: WantedDocument,
  capabilities: Capabilities,
): { document: WantedDocument; created: string | undefined; limits: Limit[] } {
  const limits: Limit[] = [];
  const inRange = wanted.created >= capabilities.createdRange.min && wanted.created <= capabilities.createdRange.max;
  if (!inRange) limits.push('created-out-of-range');
  const document = { ...wanted, title: keptTitle(wanted.title) };
  if (wanted.content !== undefined) document.content = strip(wanted.content);
  return { document, created: inRange ? wanted.created : undefined, limits };
}

export function keptTitle(title: string): string {
  return cut(strip(title), MAX_TITLE);
}

/** A storage path's template as paperless stores it: placeholders in single braces become double ones. */
export function keptTemplate(path: string): string {
  return path.replace(/(?<!\{)\{(\w*)\}(?!\})/gu, '{{ $1 }}');
}

/** The name an upload is given, as the replica will keep it, and whether it had to be shortened. */
export function uploadName(original: string | null, fallback: string, capabilities: Capabilities): { name: string; shortened: boolean } {
  const given = original ?? fallback;
  const folded = storedFileName(given, capabilities.foldsFileNames) || fallback;
  if (Buffer.byteLength(folded) <= MAX_FILE_NAME_BYTES) return { name: folded, shortened: false };
  const dot = folded.lastIndexOf('.');
  const extension = dot > 0 && folded.length - dot <= 16 ? folded.slice(dot) : '';
  const stem = Array.from(extension === '' ? folded : folded.slice(0, dot));
  while (stem.length > 1 && Buffer.byteLength(stem.join('') + extension) > MAX_FILE_NAME_BYTES) stem.pop();
  return { name: stem.join('') + extension, shortened: true };
}

/** The title an upload carries: the real one without what a template would trip over, cut, and the intent's nonce to find it by. */
export function uploadTitle(title: string, nonce: string): string {
  const mark = ` ${markOf(nonce)}`;
  return cut(strip(title.replace(/[{}]/gu, '')), MAX_UPLOAD_TITLE - mark.length) + mark;
}
