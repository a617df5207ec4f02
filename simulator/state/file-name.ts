/**
 * What a server keeps of a file name: Python's printable characters (of separators only the plain space; no control or format characters, so an emoji's
 * joiner goes too), folded to NFC on 3.x. Tried on 2.20.15 and 3.0.5.
 */
export function printableName(name: string): string {
  return name.replace(/(?! )[\p{Z}\p{C}]/gu, '');
}
