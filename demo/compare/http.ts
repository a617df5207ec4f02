import { createHash } from 'node:crypto';

/** Where an instance is and who reads it: a superuser's token, since others see a part and can't tell. */
export interface Connection {
  url: string;
  token: string;
}

/** An instance can't be read as it must be; the message says what to do. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
}

export interface Hashes {
  md5: string;
  sha256: string;
}

/** Version 9 of the API is the one that 2.16 to 3.0 all speak, and its lists tell every matching id at once. */
const accept = 'application/json; version=9';

/** Reads one instance, never writes; follows no redirect and no `next`, and takes nothing but JSON for JSON. */
export class Reader {
  readonly url: string;

  constructor(private readonly connection: Connection) {
    this.url = connection.url.replace(/\/+$/u, '');
  }

  private async get(path: string): Promise<Response> {
    const headers = { accept, authorization: `Token ${this.connection.token}`, 'accept-encoding': 'identity' };
    let response: Response;
    try {
      response = await fetch(this.url + path, { headers, redirect: 'manual', signal: AbortSignal.timeout(120_000) });
    } catch (error) {
      const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
      throw new ReadError(`${this.url}${path} can't be reached (${cause}). Check the address and that paperless is running.`);
    }
    if (response.status === 401) throw new ReadError(`${this.url} refuses the token (401). Give a superuser's API token.`);
    if (response.status !== 200)
      throw new ReadError(`${this.url}${path} answered ${response.status}. Check that the URL is paperless's own, without /api.`);
    return response;
  }

  async json(path: string): Promise<{ body: unknown; version: string | null }> {
    const response = await this.get(path);
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('application/json'))
      throw new ReadError(`${this.url}${path} answered ${type || 'no type'} instead of JSON: a login page or a proxy?`);
    return { body: await response.json(), version: response.headers.get('x-version') };
  }

  /** Hashes an original file while it comes in; nothing of it is kept. */
  async hashes(documentId: number): Promise<Hashes> {
    const response = await this.get(`/api/documents/${documentId}/download/?original=true`);
    const [md5, sha256] = [createHash('md5'), createHash('sha256')];
    if (response.body) {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        md5.update(chunk);
        sha256.update(chunk);
      }
    }
    return { md5: md5.digest('hex'), sha256: sha256.digest('hex') };
  }
}

/** Runs `work` over a list, `width` at a time, results in the list's order. */
export async function inParallel<T, R>(list: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  const queue = list.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return list.flatMap((_, index) => (results.has(index) ? [results.get(index) as R] : []));
}
