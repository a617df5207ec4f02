/** Longest head of a form's part that Django reads, less what stands in ours beside the name. */
const longestEscapedName = 1024 - 200;

/** What stays of a file name on its way through Django's form parser and, on 3.x, paperless's composing (NFC). */
export function storedFileName(name: string, foldsFileNames: boolean): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  // Python's isprintable(): no separator but the plain space, no control, format, surrogate, private or unassigned character.
  const printable = base.replace(/(?! )[\p{Z}\p{C}]/gu, '');
  return foldsFileNames ? printable.normalize('NFC') : printable;
}

/** Whether the name, escaped, still fits what Django reads of a part's head: beyond, the whole form is refused. */
export function fileNameFits(name: string): boolean {
  return Buffer.byteLength(escapeFileName(name), 'utf8') <= longestEscapedName;
}

/** `&` and `"` as entities, which paperless turns back; control characters away, which it would drop. */
export function escapeFileName(name: string): string {
  return name
    .replace(/\p{Cc}/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;');
}
