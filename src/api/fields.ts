import { z } from 'zod';

/** Pieces of inputs that come as text from a query and as numbers from JSON. */

function whole(pattern: RegExp, message: string) {
  return z.union([z.number(), z.string().regex(pattern, { error: message }).transform(Number)], { error: message });
}

/** A row's id. */
export const id = whole(/^[1-9]\d{0,15}$/, 'Give a whole number above 0.').pipe(z.number().int().positive());

/** Yes or no, as JSON or in a query. */
export const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')], {
  error: 'Give true or false.',
});

/** How many items a page holds. */
export const limit = whole(/^\d{1,4}$/, 'Give a whole number from 1 to 1000.')
  .pipe(z.number().int().min(1, { error: 'Give a whole number from 1 to 1000.' }).max(1000, { error: 'Give a whole number from 1 to 1000.' }))
  .default(100);

/** A moment: ISO 8601 with a zone, or a date (midnight UTC); handed on as ISO in UTC. */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'Give an ISO 8601 time with a zone, e.g. 2026-03-20T14:00:00Z, or a date.' })
  .transform((text) => new Date(text).toISOString());

export const isoTime = z.string().describe('ISO 8601 in UTC');
export const optionalTime = isoTime.nullable();
export const count = z.number().int().nonnegative();
