/** The letters of a text as Python counts them: code points. */
export function letters(text: string): string[] {
  return Array.from(text);
}
