import type { z } from 'zod';

/** Why JSON isn't what paperless answers, in words that name the key. */
export class WireMismatch extends Error {}

/** Parses text as JSON of a shape. Throws WireMismatch. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new WireMismatch('JSON that ends or breaks in the middle');
  }
  return parseWire(json, schema);
}

/** Parses a value of a shape. Throws WireMismatch. */
export function parseWire<T>(json: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue === undefined ? '' : issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  throw new WireMismatch(`an unexpected "${key.replace(/^\./, '') || 'body'}" (${issue?.message ?? 'no reason'})`);
}
