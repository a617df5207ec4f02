/** What every mark of ours begins with: a search for it finds all documents that were never finished. */
export const MARK_BEGINS = '[pngx:';
/** At its end, as an upload's title has it, or alone where the document has no title: its own may have something like it elsewhere. */
const AT_THE_END = /(?:^| )\[pngx:([0-9a-f]{10})\]$/u;

/** How an upload's title names its intent, so that its document is found by it. */
export function markOf(nonce: string): string {
  return `${MARK_BEGINS}${nonce}]`;
}

/** The nonce that an upload of a controller's gave a title; undefined where it has none. */
export function nonceIn(title: string): string | undefined {
  return AT_THE_END.exec(title)?.[1];
}
