/** The letters of a text as Python counts them: code points. */
export function letters(text: string): string[] {
  return Array.from(text);
}

export function countLetters(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}
