import { z } from 'zod';
import { stableJson } from './text';

/**
 * A document by names: what the flow sees, may change, and what a row wants where it did. Selects are given by option id here (`#` and the label's
 * text in the flow are resolved by MasterView); links are the master's document ids.
 */
export interface WantedDocument {
  title: string;
  created: string;
  correspondent: string | null;
  document_type: string | null;
  storage_path: string | null;
  tags: string[];
  archive_serial_number: number | null;
  custom_fields: { field: string; value: unknown }[];
  notes: string[];
  owner: string | null;
  permissions: { view: { users: string[]; groups: string[] }; change: { users: string[]; groups: string[] } };
  original_file_name: string | null;
  /** Only where the flow set it. */
  content?: string | undefined;
}

const principals = z.object({ users: z.array(z.string()), groups: z.array(z.string()) });
const name = z.string().trim().min(1).max(128).nullable();

/** What comes back from the flow: a person's code has been at it. */
const wantedSchema = z.object({
  title: z.string().refine((t) => !t.includes('\0'), 'holds a NUL character'),
  created: z.iso.date(),
  correspondent: name,
  document_type: name,
  storage_path: name,
  tags: z.array(z.string().trim().min(1)),
  archive_serial_number: z.int().min(0).max(4294967295).nullable(),
  custom_fields: z.array(z.object({ field: z.string().min(1), value: z.unknown() })),
  notes: z.array(z.string()),
  owner: z.string().nullable(),
  permissions: z.object({ view: principals, change: principals }),
  original_file_name: z.string().nullable(),
  content: z.string().optional(),
});

const itemSchema = z.object({ id: z.int(), version: z.int(), document: wantedSchema });

export interface ReturnedItem {
  id: number;
  version: number;
  document: WantedDocument;
}

/** A batch's item as the flow gave it back, or the sentence that says what is wrong with it. */
export function parseItem(raw: unknown): { item: ReturnedItem } | { id: number | null; problem: string } {
  const parsed = itemSchema.safeParse(raw);
  if (parsed.success) return { item: parsed.data };
  const id = z.object({ id: z.int() }).safeParse(raw);
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'the item' : issue.path.join('.');
  return {
    id: id.success ? id.data.id : null,
    problem: `The flow gave back an item that can't be used: ${where}: ${issue?.message ?? 'malformed'}.`,
  };
}

export function parseWanted(json: string): WantedDocument {
  return wantedSchema.parse(JSON.parse(json));
}

/** Whether the flow left it as it was. */
export function sameWanted(a: WantedDocument, b: WantedDocument): boolean {
  return stableJson(a) === stableJson(b);
}
