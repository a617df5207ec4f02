/** Bytes and what is known of them: download, preview, thumb, metadata. */
import { harmOf, isThere } from '../../state/disk';
import { digestOf, effective, mayView, rootOf } from '../../state/documents';
import type { DocumentRow } from '../../state/rows';
import { httpDate, isoUtc } from '../../state/times';
import { extensionOf } from '../../consume/sniff';
import { thumbnail } from '../../consume/derived';
import { json, parameter, type Context, type Handler, type Reply } from '../context';
import { ApiError, insufficient, notFound, ServerError } from '../errors';
import { disposition, generatedName } from '../render/filename';
import { besideDocument, document, existing } from './access';

/** The row that a URL means: the named version, or the newest; a version's own id means that version. */
function target(context: Context, trashedToo: boolean): DocumentRow {
  const row = existing(context, trashedToo);
  if (context.store.profile.major === 2) return row;
  const asked = parameter(context, 'version');
  const root = rootOf(context.store, row);
  if (asked === undefined) return row.root === null && row.deletedAt === null ? effective(context.store, row) : row;
  if (!/^\d+$/.test(asked)) throw new ApiError(404, { detail: 'Invalid version parameter' });
  const version = context.store.documents.get(Number(asked));
  if (!version || version.deletedAt !== null || (version.id !== root.id && version.root !== root.id)) throw notFound();
  return version;
}

function fileReply(context: Context, row: DocumentRow, kind: 'attachment' | 'inline', headers: Record<string, string>): Reply {
  const original = parameter(context, 'original') === 'true' || !row.archive;
  const type = original ? row.mimeType : 'application/pdf';
  const named = context.store.profile.major === 3 && (parameter(context, 'follow_formatting') ?? '') !== '';
  const extension = original ? extensionOf(row.mimeType) : '.pdf';
  const name = named ? row.mediaFilename.replace(/\.\w+$/, extension) : generatedName(context.store, rootOf(context.store, row), extension);
  const shown = kind === 'inline' && type === 'text/csv' ? 'text/plain' : type;
  const file = !original && row.archive ? row.archive : row.original;
  const harm = harmOf(file);
  if (harm === 'missing') throw notFound();
  if (harm === 'locked') throw new ServerError('permission denied');
  return { status: 200, file, type: shown, headers: { ...headers, 'content-disposition': disposition(kind, name) } };
}

/** Answers a conditional request: 304 when the client has it already. */
function conditional(
  context: Context,
  row: DocumentRow,
  etag: string | undefined,
  modified: number | undefined,
  reply: (headers: Record<string, string>) => Reply,
): Reply {
  const headers: Record<string, string> = { 'cache-control': 'no-cache' };
  if (modified !== undefined) headers['last-modified'] = httpDate(modified);
  if (etag !== undefined) headers.etag = `"${etag}"`;
  // The cache headers are judged before the rights.
  if (!mayView(context.store, context.user, row)) return { status: 403, text: 'Insufficient permissions', headers };
  const { 'if-none-match': known, 'if-modified-since': since } = context.request.headers;
  const matched =
    known === undefined ? undefined : etag !== undefined && known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${etag}"`);
  const unchanged = since !== undefined && modified !== undefined && Math.floor(modified / 1_000_000) * 1000 <= Date.parse(since);
  if (matched === true || (matched === undefined && unchanged)) return { status: 304, headers };
  return reply(headers);
}

export const download: Handler = (context) => {
  const row = target(context, true);
  if (!mayView(context.store, context.user, row)) throw insufficient();
  return fileReply(context, row, 'attachment', {});
};

export const preview: Handler = (context) => {
  const row = target(context, true);
  const trashed = row.deletedAt !== null;
  const digest = context.store.profile.digest;
  const etag = parameter(context, 'original') === 'true' ? row.original[digest] : row.archive?.[digest];
  const known = trashed ? undefined : etag;
  return conditional(context, row, known, trashed ? undefined : rootOf(context.store, row).modified, (headers) =>
    fileReply(context, row, 'inline', headers),
  );
};

export const thumb: Handler = (context) => {
  const modern = context.store.profile.major === 3;
  const row = target(context, modern);
  const trashed = row.deletedAt !== null;
  const etag = trashed || !modern ? undefined : digestOf(context.store, row);
  const named: Record<string, string> = modern ? { 'content-disposition': `inline; filename="${String(row.id).padStart(7, '0')}.webp"` } : {};
  const reply = (headers: Record<string, string>): Reply => ({ status: 200, file: thumbnail, type: 'image/webp', headers: { ...headers, ...named } });
  return conditional(context, row, etag, trashed ? undefined : row.thumbnailTime, reply);
};

export const metadata: Handler = (context) => {
  const row = target(context, false);
  const checksum = digestOf(context.store, row);
  const etag = context.store.profile.major === 3 ? `${checksum}:${isoUtc(row.modified).replace('Z', '+00:00')}` : checksum;
  return conditional(context, row, etag, rootOf(context.store, row).modified, (headers) => ({ ...json(describe(context, row)), headers }));
};

/** What OCR writes into its PDFs. */
function archiveMetadata(made: string) {
  const entries: [prefix: string, namespace: string, key: string, value: string][] = [
    ['pdf', 'http://ns.adobe.com/pdf/1.3/', 'Producer', 'simulator'],
    ['xmp', 'http://ns.adobe.com/xap/1.0/', 'MetadataDate', made],
    ['xmp', 'http://ns.adobe.com/xap/1.0/', 'ModifyDate', made],
    ['xmp', 'http://ns.adobe.com/xap/1.0/', 'CreateDate', made],
    ['dc', 'http://purl.org/dc/elements/1.1/', 'format', 'application/pdf'],
    ['pdfaid', 'http://www.aiim.org/pdfa/ns/id/', 'part', '2'],
  ];
  return entries.map(([prefix, namespace, key, value]) => ({ namespace, prefix, key, value }));
}

/** The classifier has learned nothing. */
export const suggestions: Handler = (context) => {
  document(context);
  return {
    status: 200,
    json: { correspondents: [], tags: [], document_types: [], storage_paths: [], dates: [] },
    headers: { 'cache-control': 'no-cache' },
  };
};

/** Lists beside a document that are always empty here: no audit log and no share links are kept. */
export const noneOf: Handler = (context) => {
  besideDocument(context, false);
  return json([]);
};

function describe({ store }: Context, row: DocumentRow) {
  return {
    original_checksum: digestOf(store, row),
    original_size: isThere(row.original) ? row.original.size : null,
    original_mime_type: row.mimeType,
    media_filename: row.mediaFilename,
    has_archive_version: row.archive !== null,
    original_metadata: [],
    archive_checksum: row.archive?.[store.profile.digest] ?? null,
    archive_media_filename: row.archive ? row.mediaFilename.replace(/\.\w+$/, '.pdf') : null,
    original_filename: row.originalFilename,
    archive_size: row.archive?.size ?? null,
    archive_metadata: row.archive ? archiveMetadata(store.zone.iso(row.added)) : null,
    lang: 'en',
  };
}
