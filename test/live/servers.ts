import { z } from 'zod';

/** The real servers that a person named. */
export interface LiveServers {
  master: { url: string; token: string };
  replica: { url: string; token: string };
  allowNonEmpty: boolean;
  timeoutSeconds: number;
}

const NAMES = ['LIVE_MASTER_URL', 'LIVE_MASTER_TOKEN', 'LIVE_REPLICA_URL', 'LIVE_REPLICA_TOKEN'] as const;

/** Null when none is named. Throws when only some are: a forgotten one must not look like a skip. */
export function liveServers(env: NodeJS.ProcessEnv): LiveServers | null {
  const missing = NAMES.filter((name) => (env[name] ?? '') === '');
  if (missing.length === NAMES.length) return null;
  if (missing.length > 0) throw new Error(`${missing.join(', ')} must be set as well: a live test needs both servers with a superuser's token each.`);
  const [masterUrl, masterToken, replicaUrl, replicaToken] = NAMES.map((name) => env[name] ?? '') as [string, string, string, string];
  const timeoutSeconds = Number(env.LIVE_TIMEOUT_SECONDS ?? '1800');
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1)
    throw new Error(`LIVE_TIMEOUT_SECONDS takes whole seconds, not "${env.LIVE_TIMEOUT_SECONDS}".`);
  return {
    master: { url: masterUrl.replace(/\/+$/u, ''), token: masterToken },
    replica: { url: replicaUrl.replace(/\/+$/u, ''), token: replicaToken },
    allowNonEmpty: env.LIVE_ALLOW_NONEMPTY === '1',
    timeoutSeconds,
  };
}

async function get(server: LiveServers['master'], path: string): Promise<unknown> {
  const response = await fetch(server.url + path, {
    headers: { accept: 'application/json; version=9', authorization: `Token ${server.token}` },
    redirect: 'manual',
    signal: AbortSignal.timeout(120_000),
  });
  if (response.status !== 200) throw new Error(`${server.url}${path} answered ${response.status}: check its address and token.`);
  return response.json();
}

const page = z.object({ count: z.number(), results: z.array(z.object({ id: z.number(), modified: z.string() })) });

/** Every document's id with when it was last changed. */
export async function documentsOf(server: LiveServers['master']): Promise<Record<number, string>> {
  const found: Record<number, string> = {};
  for (let number = 1; ; number += 1) {
    const { count, results } = page.parse(await get(server, `/api/documents/?fields=id,modified&ordering=id&page_size=1000&page=${number}`));
    for (const { id, modified } of results) found[id] = modified;
    if (results.length === 0 || number * 1000 >= count) return found;
  }
}

const list = z.object({ results: z.array(z.record(z.string(), z.unknown())) });

/** What else a sync might be tempted to write on a master: its collections, whole. */
export async function collectionsOf(server: LiveServers['master']): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of ['tags', 'correspondents', 'document_types', 'storage_paths', 'custom_fields'])
    found[name] = list.parse(await get(server, `/api/${name}/?page_size=10000&ordering=id`)).results;
  return found;
}
