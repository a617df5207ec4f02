import type { z } from 'zod';
import type { ServerCapabilities } from './capabilities';
import { capabilitiesOf } from './capabilities';
import type { CallOptions, Download, InstanceAddress, ModifiedQuery, PaperlessReader } from './client';
import { isPaperlessError, PaperlessError } from './errors';
import { Exchange } from './exchange';
import { idChunks, query } from './query';
import type { WirePage } from './schemas';
import * as shapes from './schemas';
import type { Transport } from './transport';
import { walkIds } from './walk-ids';
import type {
  Page,
  WireConfiguration,
  WireCustomField,
  WireDocument,
  WireDocumentWithContent,
  WireGroup,
  WireIdentity,
  WireMailRule,
  WireMetadata,
  WireStatistics,
  WireStoragePath,
  WireTag,
  WireTaxon,
  WireUser,
  WireWorkflow,
} from './wire';

export interface ClientOptions {
  /** Takes 2.16 to 2.19 too, told as untested. */
  allowUntested?: boolean;
  /** Without a byte until a request counts as lost; default 60 s. */
  idleTimeoutMs?: number;
  /** The same for uploads and downloads, where the server handles a whole file before it says a word; default 300 s. */
  transferIdleTimeoutMs?: number;
  /** What an answer that isn't a file may take from its first header to its end; default 300 s. */
  answerTimeoutMs?: number;
  /** What an earlier `identify()` said, kept by the caller: it needn't be asked again. */
  version?: string;
}

/** One page holds every tag there can be: lists can't be ordered by id (§11), so pages of them could shift. */
const onePage = 100_000;

export class HttpReader implements PaperlessReader {
  readonly name: string;
  readonly url: string;
  protected readonly exchange: Exchange;
  protected readonly transferIdleTimeoutMs: number;
  readonly #allowUntested: boolean;
  #capabilities: ServerCapabilities | undefined;

  constructor(address: InstanceAddress, transport: Transport, options: ClientOptions = {}) {
    this.exchange = new Exchange(address, transport, { idle: options.idleTimeoutMs ?? 60_000, answer: options.answerTimeoutMs ?? 300_000 });
    this.name = this.exchange.name;
    this.url = this.exchange.url;
    this.transferIdleTimeoutMs = options.transferIdleTimeoutMs ?? 300_000;
    this.#allowUntested = options.allowUntested ?? false;
    if (options.version !== undefined) this.#know(options.version);
  }

  get capabilities(): ServerCapabilities {
    if (this.#capabilities === undefined) throw new Error(`${this.name}: identify() comes first`);
    return this.#capabilities;
  }

  async identify(options?: CallOptions): Promise<WireIdentity> {
    const call = { operation: 'identify', path: '/api/ui_settings/', signal: options?.signal };
    // Asked again while other requests are under way: theirs keep the version that was negotiated.
    const ask = (api: 9 | 10) => this.exchange.jsonWithHeaders({ ...call, api }, shapes.uiSettingsSchema);
    let answer: Awaited<ReturnType<typeof ask>>;
    try {
      answer = await ask(9);
    } catch (error) {
      if (!isPaperlessError(error) || error.code !== 'version-unsupported') throw error;
      // A later 3.x that has dropped API 9.
      answer = await ask(10);
    }
    const { user, settings } = answer.value;
    const version = settings.version ?? answer.headers['x-version'];
    if (version === undefined)
      throw new PaperlessError({
        class: 'instance',
        code: 'not-paperless',
        message: `${this.name} doesn't say which version of paperless-ngx it is.`,
        nextStep: 'Check that this address is paperless-ngx itself.',
      });
    this.#know(version);
    return { version, userId: user.id, username: user.username, superuser: user.is_superuser, clock: clockOf(answer.headers) };
  }

  #know(version: string): void {
    this.#capabilities = capabilitiesOf(version, { allowUntested: this.#allowUntested, name: this.name });
    this.exchange.api = this.#capabilities.api;
  }

  async statistics(options?: CallOptions): Promise<WireStatistics> {
    return this.exchange.json({ operation: 'statistics', path: '/api/statistics/', signal: options?.signal }, shapes.statisticsSchema);
  }

  async modifiedDocuments(ask: ModifiedQuery, options?: CallOptions): Promise<Page<WireDocument>> {
    const filters = { modified__gte: ask.from, modified__lte: ask.to, ordering: 'modified,id', page: 1, page_size: ask.pageSize };
    const page = await this.#documents('documents.modified', filters, shapes.documentSchema(this.capabilities), false, options);
    // Milliseconds are what Date knows; the filter itself is finer.
    const from = Math.floor(Date.parse(ask.from ?? '') || 0);
    const to = ask.to === undefined ? Infinity : Math.ceil(Date.parse(ask.to)) + 1;
    const stray = page.results.find((d) => Date.parse(d.modified) < from || Date.parse(d.modified) > to);
    if (stray !== undefined) throw this.#ignoredFilter('modified__gte');
    return { count: page.count, results: page.results, more: page.next !== null };
  }

  documentIds(options?: CallOptions): AsyncGenerator<number[]> {
    return this.#ids('documents.ids', {}, options);
  }

  documentIdsAt(modified: string, options?: CallOptions): AsyncGenerator<number[]> {
    return this.#ids('documents.ids-at', { modified__gte: modified, modified__lte: modified }, options);
  }

  async *#ids(operation: string, filters: Record<string, string>, options?: CallOptions): AsyncGenerator<number[]> {
    const row = shapes.idRowSchema;
    if (this.capabilities.listCarriesAllIds) {
      const path = `/api/documents/${query({ ...filters, fields: 'id', page_size: 1 })}`;
      const page = await this.exchange.json({ operation, path, signal: options?.signal }, shapes.pageSchema(row));
      if (page.all === undefined) throw this.#ignoredFilter('version=9');
      yield page.all;
      return;
    }
    yield* walkIds(async (number, pageSize) => {
      const path = `/api/documents/${query({ ...filters, fields: 'id', ordering: 'id', page: number, page_size: pageSize })}`;
      return this.exchange.jsonOrNull({ operation, path, signal: options?.signal }, shapes.pageSchema(row));
    });
  }

  async documentsByIds(ids: readonly number[], options?: CallOptions): Promise<WireDocument[]> {
    return this.#byIds(ids, shapes.documentSchema(this.capabilities), false, options);
  }

  async documentsWithContent(ids: readonly number[], options?: CallOptions): Promise<WireDocumentWithContent[]> {
    return this.#byIds(ids, shapes.documentWithContentSchema(this.capabilities), true, options);
  }

  async document(id: number, options?: CallOptions): Promise<WireDocumentWithContent | null> {
    const path = `/api/documents/${idPart(id)}/${query({ fields: shapes.documentFields(this.capabilities, true), full_perms: true })}`;
    return this.exchange.jsonOrNull(
      { operation: 'documents.get', path, signal: options?.signal },
      shapes.documentWithContentSchema(this.capabilities),
    );
  }

  async versionContent(id: number, versionId: number, options?: CallOptions): Promise<string | null> {
    const path = `/api/documents/${idPart(id)}/${query({ fields: 'id,content', version: idPart(versionId) })}`;
    const found = await this.exchange.jsonOrNull({ operation: 'documents.version', path, signal: options?.signal }, shapes.contentSchema);
    return found?.content ?? null;
  }

  async documentsByChecksum(checksum: string, options?: CallOptions): Promise<WireDocumentWithContent[]> {
    const digits = this.capabilities.checksum === 'md5' ? 32 : 64;
    // A digest of the other kind matches nothing, which would read as "no twin".
    if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(checksum))
      throw new TypeError(`${this.name} knows ${this.capabilities.checksum} checksums, not "${checksum}"`);
    const found = await this.#all(
      'documents.by-checksum',
      { checksum__iexact: checksum },
      shapes.documentWithContentSchema(this.capabilities),
      true,
      options,
    );
    // 3.x looks at the root's file alone; 2.x shows no checksum here to compare with.
    const root = (d: WireDocument) => d.versions.find((v) => v.isRoot)?.checksum ?? checksum.toLowerCase();
    if (found.some((d) => root(d) !== checksum.toLowerCase())) throw this.#ignoredFilter('checksum__iexact');
    return found;
  }

  async documentsByTitlePart(part: string, options?: CallOptions): Promise<WireDocument[]> {
    const found = await this.#all('documents.by-title', { title__icontains: part }, shapes.documentSchema(this.capabilities), false, options);
    const wanted = part.trim();
    const has = ({ title }: WireDocument) => title.toLowerCase().includes(wanted.toLowerCase()) || title.toUpperCase().includes(wanted.toUpperCase());
    // Beyond ASCII each database folds case in its own way.
    if (/^[\x20-\x7e]*$/.test(wanted) && !found.every(has)) throw this.#ignoredFilter('title__icontains');
    return found;
  }

  async documentsByAsn(asn: number, options?: CallOptions): Promise<WireDocument[]> {
    const found = await this.#all('documents.by-asn', { archive_serial_number: asn }, shapes.documentSchema(this.capabilities), false, options);
    if (found.some((d) => d.archiveSerialNumber !== asn)) throw this.#ignoredFilter('archive_serial_number');
    return found;
  }

  async metadata(id: number, options?: CallOptions): Promise<WireMetadata | null> {
    return this.exchange.jsonOrNull(
      { operation: 'documents.metadata', path: `/api/documents/${idPart(id)}/metadata/`, signal: options?.signal },
      shapes.metadataSchema,
    );
  }

  async download(id: number, versionId: number | null, options?: CallOptions): Promise<Download> {
    // Without `original=true`, in exactly these letters, the archive PDF comes (§10).
    const version = versionId === null || !this.capabilities.versions ? undefined : versionId;
    const path = `/api/documents/${idPart(id)}/download/${query({ original: 'true', version })}`;
    const response = await this.exchange.file({
      operation: 'documents.download',
      path,
      signal: options?.signal,
      idleTimeoutMs: this.transferIdleTimeoutMs,
    });
    const length = Number(response.headers['content-length'] ?? Number.NaN);
    return {
      length: Number.isFinite(length) ? length : null,
      mimeType: (response.headers['content-type'] ?? 'application/octet-stream').split(';')[0]?.trim() ?? '',
      chunks: response.body,
      discard: () => response.discard(),
    };
  }

  async tags(options?: CallOptions): Promise<WireTag[]> {
    return this.#list('tags.list', '/api/tags/', shapes.tagSchema(this.capabilities), options);
  }

  async taxa(kind: 'correspondent' | 'documentType', options?: CallOptions): Promise<WireTaxon[]> {
    return kind === 'correspondent'
      ? this.#list('correspondents.list', '/api/correspondents/', shapes.taxonSchema, options)
      : this.#list('document_types.list', '/api/document_types/', shapes.taxonSchema, options);
  }

  async storagePaths(options?: CallOptions): Promise<WireStoragePath[]> {
    return this.#list('storage_paths.list', '/api/storage_paths/', shapes.storagePathSchema, options);
  }

  async customFields(options?: CallOptions): Promise<WireCustomField[]> {
    return this.#list('custom_fields.list', '/api/custom_fields/', shapes.customFieldSchema, options);
  }

  async users(options?: CallOptions): Promise<WireUser[]> {
    return this.#list('users.list', '/api/users/', shapes.userSchema, options);
  }

  async groups(options?: CallOptions): Promise<WireGroup[]> {
    return this.#list('groups.list', '/api/groups/', shapes.groupSchema, options);
  }

  async workflows(options?: CallOptions): Promise<WireWorkflow[]> {
    return this.#list('workflows.list', '/api/workflows/', shapes.workflowSchema, options);
  }

  async mailRules(options?: CallOptions): Promise<WireMailRule[]> {
    return this.#list('mail_rules.list', '/api/mail_rules/', shapes.mailRuleSchema, options);
  }

  async configuration(options?: CallOptions): Promise<WireConfiguration> {
    const rows = await this.exchange.json({ operation: 'config', path: '/api/config/', signal: options?.signal }, shapes.configurationSchema);
    return rows[0] ?? { barcodes: null, barcodeAsn: null, barcodeTags: null };
  }

  async trash(page: number, pageSize: number, options?: CallOptions): Promise<Page<WireDocument>> {
    const path = `/api/trash/${query({ page, page_size: pageSize })}`;
    const found = await this.exchange.jsonOrNull(
      { operation: 'trash.list', path, signal: options?.signal },
      shapes.pageSchema(shapes.trashedSchema(this.capabilities)),
    );
    // Past the end: rows were restored or emptied while we paged.
    return found === null ? { count: 0, results: [], more: false } : { count: found.count, results: found.results, more: found.next !== null };
  }

  close(): Promise<void> {
    return this.exchange.close();
  }

  async #byIds<T extends WireDocument>(ids: readonly number[], row: z.ZodType<T>, withContent: boolean, options?: CallOptions): Promise<T[]> {
    const found: T[] = [];
    const filters = (chunk: readonly number[]) => ({ id__in: chunk, page: 1, page_size: chunk.length });
    const rest = this.exchange.url.length + this.#documentsPath(filters([1]), withContent).length;
    for (const chunk of idChunks(ids, rest)) {
      const page = await this.#documents('documents.by-ids', filters(chunk), row, withContent, options);
      const asked = new Set(chunk);
      if (page.count > chunk.length || page.results.some((d) => !asked.has(d.id))) throw this.#ignoredFilter('id__in');
      found.push(...page.results);
    }
    return found;
  }

  /** Every match of a filter that is expected to match few. */
  async #all<T extends WireDocument>(
    operation: string,
    filter: Record<string, string | number>,
    row: z.ZodType<T>,
    withContent: boolean,
    options?: CallOptions,
  ): Promise<T[]> {
    const found = new Map<number, T>();
    for (let page = 1; ; page += 1) {
      const answer = await this.#documents(
        operation,
        { ...filter, ordering: 'id', page, page_size: withContent ? 50 : 250 },
        row,
        withContent,
        options,
      );
      for (const document of answer.results) found.set(document.id, document);
      if (answer.next === null) return [...found.values()];
    }
  }

  #documentsPath(filters: Record<string, string | number | readonly number[] | undefined>, withContent: boolean): string {
    return `/api/documents/${query({ ...filters, fields: shapes.documentFields(this.capabilities, withContent), full_perms: true })}`;
  }

  async #documents<T>(
    operation: string,
    filters: Record<string, string | number | readonly number[] | undefined>,
    row: z.ZodType<T>,
    withContent: boolean,
    options?: CallOptions,
  ): Promise<WirePage<T>> {
    return this.exchange.json({ operation, path: this.#documentsPath(filters, withContent), signal: options?.signal }, shapes.pageSchema(row));
  }

  async #list<T>(operation: string, path: string, row: z.ZodType<T>, options?: CallOptions): Promise<T[]> {
    const page = await this.exchange.json(
      { operation, path: path + query({ page: 1, page_size: onePage }), signal: options?.signal },
      shapes.pageSchema(row),
    );
    if (page.next !== null || page.results.length !== page.count) throw this.#ignoredFilter('page_size');
    return page.results;
  }

  #ignoredFilter(filter: string): PaperlessError {
    return new PaperlessError({
      class: 'instance',
      code: 'unexpected-answer',
      message: `${this.name} answered with other rows than were asked for: "${filter}" was ignored.`,
      nextStep: 'See that no proxy or cache before it drops or rewrites the query of a request.',
    });
  }
}

function clockOf(headers: Record<string, string>): number | null {
  const at = Date.parse(headers['date'] ?? '');
  return Number.isNaN(at) ? null : at;
}

export function idPart(id: number): string {
  if (!Number.isSafeInteger(id) || id < 1) throw new TypeError(`not an id: ${id}`);
  return String(id);
}
