import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { compareSnapshots, type Comparison } from '../../demo/compare/compare.js';
import { commonAlgorithm, pairDocuments } from '../../demo/compare/pair.js';
import { readInstance } from '../../demo/compare/read.js';
import type { Snapshot } from '../../demo/compare/snapshot.js';
import { differences } from '../fidelity/run';
import type { Appliance } from './appliance';
import type { keptForWantOfABetter } from './left';
import type { Server } from './servers';

const status = z.object({
  master: z.object({ unconfirmed_gone: z.number() }),
  replicas: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      status: z.string(),
      pending: z.number(),
      error: z.number(),
      held: z.number(),
      quarantined: z.number(),
      ok: z.number(),
      limited: z.number(),
      tombstone: z.number(),
      verified: z.number(),
      differs: z.number(),
      last_error: z.string().nullable(),
    }),
  ),
  last_sync: z.object({ run_id: z.number(), synced: z.number(), failed: z.number(), timed_out: z.boolean() }).nullable(),
});
type Status = z.infer<typeof status>;

const running = z.object({ running: z.boolean() });
const plan = z.object({ id: z.number(), counts: z.record(z.string(), z.number()) });
const rows = z.object({
  items: z.array(
    z.object({
      master_document_id: z.number(),
      replica_document_id: z.number().nullable(),
      status: z.string(),
      step: z.string().nullable(),
      verification: z.string(),
      error_message: z.string().nullable(),
      reasons: z.array(z.string()),
    }),
  ),
  next_after: z.number().nullable(),
});
type Row = z.infer<typeof rows>['items'][number];

const PATIENCE_MS = 180_000;

/** What a replica had before, by its title. */
const OWN = /^Eigenes \d+$/u;

/** The appliance's answer, which must be one. */
async function must<T>(appliance: Appliance, method: string, path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
  let answer = await appliance.ask(method, path, body);
  // A run that has ended still writes its backup.
  while (answer?.status === 409 && JSON.stringify(answer.body).includes('cycle-running')) {
    await sleep(50);
    answer = await appliance.ask(method, path, body);
  }
  if (answer === null) throw new Error(`The appliance doesn't answer ${method} ${path}; nobody killed it.`);
  const parsed = schema.safeParse(answer.body);
  if (answer.status >= 300 || !parsed.success)
    throw new Error(`${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.body).slice(0, 500)}`);
  return parsed.data;
}

/** One whole cycle, by the flow. */
async function cycle(appliance: Appliance, full: boolean): Promise<Status> {
  const before = (await must(appliance, 'GET', '/api/status', status)).last_sync?.run_id ?? 0;
  const answer = await appliance.ask('POST', '/api/sync', full ? { full } : {});
  if (answer?.status !== 202 && answer?.status !== 409) throw new Error(`A cycle was refused: ${JSON.stringify(answer)}`);
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    await sleep(30);
    if ((await must(appliance, 'GET', '/api/sync/running', running)).running) continue;
    const now = await must(appliance, 'GET', '/api/status', status);
    if ((now.last_sync?.run_id ?? 0) > before || answer.status === 409) return now;
  }
  throw new Error(`A cycle didn't end within ${PATIENCE_MS / 1000} s.`);
}

/** What still waits, in words; empty when nothing does. */
function waiting({ master, replicas }: Status): string[] {
  const open = replicas.flatMap((r) => {
    const counts = { pending: r.pending, error: r.error, held: r.held, quarantined: r.quarantined, differs: r.differs };
    const left = Object.entries(counts).filter(([, n]) => n > 0);
    if (r.status !== 'synced') left.push([r.status, 1]);
    return left.map(([what, n]) => `${r.name}: ${n} ${what}${r.last_error === null ? '' : ` (${r.last_error})`}`);
  });
  return master.unconfirmed_gone > 0 ? [...open, `${master.unconfirmed_gone} missing, not yet gone`] : open;
}

/**
 * Cycles until nothing is left to do; deletions beyond what one cycle may trash are confirmed, as a person would, by a plan. Throws when it doesn't converge.
 * Resolves to the number of cycles.
 */
export async function settle(appliance: Appliance): Promise<number> {
  let cycles = 0;
  for (const end = Date.now() + PATIENCE_MS; ;) {
    const now = await cycle(appliance, true);
    cycles += 1;
    const did = (now.last_sync?.synced ?? 0) + (now.last_sync?.failed ?? 0);
    let trashed = 0;
    for (const { id, tombstone } of now.replicas) {
      if (tombstone === 0) continue;
      const { id: planId, counts } = await must(appliance, 'POST', '/api/sync/plan', plan, { replica_id: id, scope: 'deletes' });
      if ((counts['trash'] ?? 0) === 0) continue;
      await must(appliance, 'POST', `/api/sync/plan/${planId}/apply`, z.unknown());
      trashed += 1;
    }
    const left = waiting(now);
    if (left.length === 0 && did === 0 && trashed === 0) return cycles;
    if (Date.now() > end) throw new Error(`Not settled after ${cycles} cycles and ${PATIENCE_MS / 1000} s: ${left.join('; ')}`);
    if (did === 0 && trashed === 0) await sleep(300);
  }
}

async function rowsOf(appliance: Appliance, replicaId: number): Promise<Row[]> {
  const found: Row[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: z.infer<typeof rows> = await must(
      appliance,
      'GET',
      `/api/replicas/${replicaId}/documents?limit=200${after === 0 ? '' : `&after=${after}`}`,
      rows,
    );
    found.push(...page.items);
    after = page.next_after;
  }
  return found;
}

/**
 * Without the copies that differ by their file's name alone, where the registry says so: 2.x holds the same bytes once, and a copy that passes from a document
 * that is gone to its twin keeps the name that it was uploaded with.
 */
function withoutKeptNames(result: Comparison, told: readonly Row[]): Comparison {
  const kept = new Set(told.filter(({ reasons }) => reasons.includes('file-name-kept')).map((row) => row.master_document_id));
  const left = result.examples.different.filter(
    ({ id, differences: found }) => !kept.has(id) || found.some(({ field }) => field !== 'original_file_name'),
  );
  const different = result.different - (result.examples.different.length - left.length);
  return { ...result, different, examples: { ...result.examples, different: left } };
}

/** Where the registry says what isn't so. */
function untrue(name: string, found: readonly Row[], master: Snapshot, replica: Snapshot): string[] {
  const algorithm = commonAlgorithm(master, replica);
  const masters = new Map(master.documents.map((document) => [document.id, document]));
  const copies = new Map(replica.documents.map((document) => [document.id, document]));
  const told = new Map(found.map((row) => [row.master_document_id, row]));
  const wrong: string[] = [];
  for (const { id, title } of master.documents) if (!told.has(id)) wrong.push(`${name}: the registry has no row for ${id} "${title}"`);
  for (const row of found) {
    const [original, copy] = [masters.get(row.master_document_id), copies.get(row.replica_document_id ?? -1)];
    const about = `${name}: the registry calls ${row.master_document_id} ${row.status} (${row.verification}), copy ${row.replica_document_id ?? 'none'}, but`;
    if (row.status === 'tombstone') {
      if (original !== undefined) wrong.push(`${about} it is on the master`);
      if (copy !== undefined) wrong.push(`${about} the copy is there`);
    } else if (row.status === 'ok' || row.status === 'limited') {
      if (original === undefined) wrong.push(`${about} it isn't on the master`);
      if (row.status === 'ok' && row.verification !== 'matched') wrong.push(`${about} it was never found equal`);
      if (row.status === 'ok' || row.replica_document_id !== null) {
        if (copy === undefined) wrong.push(`${about} there is no such copy`);
        else if (original !== undefined && original[algorithm] !== copy[algorithm]) wrong.push(`${about} its file is another`);
      }
    } else wrong.push(`${about} nothing waits: ${row.step ?? row.error_message ?? row.reasons.join()}`);
  }
  return wrong;
}

export interface Verdict {
  documents: number;
  /** Over all replicas. */
  copies: number;
  missing: number;
  doubled: number;
  different: number;
  limited: number;
  /** What isn't as it must be, in words; empty when all is well. */
  wrong: string[];
}

/**
 * Compares the replicas with the master over HTTP, by code that the product has no part in, and the registry's words with what is there.
 * @param own documents on each replica that were there before and are none of ours
 * @param kept old copies that are known to have nothing to take their place
 */
export async function judge(
  appliance: Appliance,
  master: Server,
  replicas: readonly Server[],
  own: number,
  kept: ReturnType<typeof keptForWantOfABetter>,
): Promise<Verdict> {
  await Promise.all([master, ...replicas].map((server) => server.quiet()));
  const options = { owners: true, versionTexts: true, needMd5: true };
  const [original, ...others] = await Promise.all([master, ...replicas].map((server) => readInstance(server, options)));
  if (original === undefined) throw new Error('The master was not read.');
  const known = await must(appliance, 'GET', '/api/status', status);
  const verdict: Verdict = { documents: original.documents.length, copies: 0, missing: 0, doubled: 0, different: 0, limited: 0, wrong: [] };
  for (const [index, server] of replicas.entries()) {
    const copy = others[index];
    const replica = known.replicas.find(({ name }) => name === server.name);
    if (copy === undefined || replica === undefined) throw new Error(`${server.name} was not read.`);
    const told = await rowsOf(appliance, replica.id);
    const compared = compareSnapshots(original, copy, { owners: true });
    const result = withoutKeptNames(compared, told);
    for (const key of ['missing', 'doubled', 'different'] as const) verdict[key] += result[key];
    verdict.copies += copy.documents.length;
    verdict.limited += compared.different - result.different + Object.values(result.limited).reduce((sum, n) => sum + n, 0);
    const found = differences(result);
    if (found !== '') verdict.wrong.push(`${server.name} (${server.version}): ${found}`);
    const strays = pairDocuments(original, copy, commonAlgorithm(original, copy)).own.filter(
      ({ id, title }) => !OWN.test(title) && kept.get(server.name)?.has(id) !== true,
    );
    if (strays.length > 0)
      verdict.wrong.push(
        `${server.name} (${server.version}): no copies of anything: ${strays.map(({ id, title }) => `${id} "${title}"`).join(', ')}`,
      );
    const untouched = copy.documents.filter(({ title }) => OWN.test(title)).length;
    if (untouched !== own) verdict.wrong.push(`${server.name}: of ${own} documents that were there before ${untouched} are as they were.`);
    verdict.wrong.push(...untrue(server.name, told, original, copy));
  }
  return verdict;
}
