import { z } from 'zod';
import { ReadError } from './http.js';

const id = z.number().int();
const who = z.object({ users: z.array(id), groups: z.array(id) });

export const page = z.object({ count: z.number().int(), all: z.array(id).optional(), results: z.array(z.unknown()) });

export const wireDocument = z.object({
  id,
  title: z.string(),
  content: z.string(),
  created: z.string(),
  correspondent: id.nullable(),
  document_type: id.nullable(),
  storage_path: id.nullable(),
  tags: z.array(id),
  archive_serial_number: z.number().nullable(),
  original_file_name: z.string().nullable(),
  owner: id.nullable(),
  permissions: z.object({ view: who, change: who }).optional(),
  notes: z.array(z.object({ id, note: z.string() })),
  custom_fields: z.array(z.object({ field: id, value: z.unknown() })),
  /** 3.x only; includes the root, in any order. */
  versions: z.array(z.object({ id, checksum: z.string(), version_label: z.string().nullish() })).optional(),
});
export type WireDocument = z.infer<typeof wireDocument>;

export const wireTaxon = z.object({ id, name: z.string(), owner: id.nullish() });
export const wireTag = wireTaxon.extend({ color: z.string(), parent: id.nullish() });
export const wireStoragePath = wireTaxon.extend({ path: z.string() });
export const wireUser = z.object({ id, username: z.string() });
export const wireField = z.object({
  id,
  name: z.string(),
  data_type: z.string(),
  extra_data: z
    .object({
      select_options: z.array(z.object({ id: z.string().nullish(), label: z.string() }).nullable()).nullish(),
      default_currency: z.string().nullish(),
    })
    .nullish(),
});
export type WireField = z.infer<typeof wireField>;

export const wireSettings = z.object({
  user: z.object({ username: z.string(), is_superuser: z.boolean().optional() }),
  settings: z.object({ version: z.string().optional() }).optional(),
});
export const wireText = z.object({ content: z.string() });
export const wireMetadata = z.object({ original_checksum: z.string() });

/** Parses what a server sent; says where it came from when it isn't what paperless sends. */
export function parse<T>(schema: z.ZodType<T>, body: unknown, from: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ReadError(
    `${from} answered something that paperless doesn't: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. Is it a supported version?`,
  );
}
