import { createHash } from 'node:crypto';
import type { DocumentRow } from '../../simulator/state/rows';
import type { Site } from '../support/site';
import { chain, faceOf, living, type Face } from '../support/oracle';
import { openWorld, type World } from '../support/world';
import { Chance } from './chance';
import { emptyLibrary, randomLibrary } from './library';
import { masterDeed } from './master-deeds';
import { GENERATOR, type SeedVerdict } from './run-seed';
import { setBack, snapshotOf } from './snapshot';
import { Unmet, type Check } from './story';

const VERSIONS = ['3.0.5', '2.20.15'] as const;
const SETTINGS = { delete_policy: 'trash', delete_confirmations: 1, backup_enabled: false };
const HOUR_MS = 3_600_000;

/**
 * One random past of a master, seen three ways: change by change as it happened; the same with a restart between every two cycles; and all at once, by a new
 * registry into an empty replica. All three must end alike. Never rejects.
 */
export async function runDifferential(seed: number): Promise<SeedVerdict> {
  const began = performance.now();
  const worlds: World[] = [];
  const trace: string[] = [];
  let failure: { check: Check; message: string } | null = null;
  try {
    const change = await lived(seed, false, worlds);
    const restarted = await lived(seed, true, worlds);
    const fresh = await atOnce(seed, change, worlds);
    for (const [n, site] of change.replicas.entries()) {
      const copies = copiesOf(change, site);
      trace.push(JSON.stringify([...copies]));
      alike(`${site.version}: change by change and all at once`, copies, copiesOf(fresh, fresh.replicas[n] ?? site));
      alike(`${site.version}: with and without restarts`, copies, copiesOf(restarted, restarted.replicas[n] ?? site));
    }
    for (const world of worlds) if (world.master.writes.length > 0) throw new Unmet('master-written', 'the master was written');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    failure = { check: error instanceof Unmet ? error.check : 'simulator', message };
  }
  for (const world of worlds) await world.close().catch(() => undefined);
  return {
    seed,
    generator: GENERATOR,
    ok: failure === null,
    check: failure?.check ?? null,
    message: failure?.message ?? '',
    faults: {},
    crashes: 0,
    ms: Math.round(performance.now() - began),
    traceHash: createHash('sha256').update(trace.join('\n')).digest('hex'),
  };
}

/** The past as it happens. The same deeds at the same master, whatever goes on around it. */
async function lived(seed: number, restarts: boolean, worlds: World[]): Promise<World> {
  const dice = new Chance(seed, 'differential');
  const master = dice.pick(VERSIONS);
  const library = randomLibrary(dice, master === '3.0.5' ? 3 : 2);
  const world = openWorld({
    seed,
    master,
    replicas: VERSIONS,
    library,
    replicaLibrary: emptyLibrary(),
    settings: SETTINGS,
    consumeMs: 100,
    database: restarts ? 'file' : 'memory',
  });
  worlds.push(world);
  const start = world.time.now();
  for (let round = 1; round <= 6; round += 1) {
    for (let deeds = dice.int(5); deeds > 0; deeds -= 1) {
      await masterDeed(world.master, dice)
        ?.act()
        .catch(() => undefined);
      await world.later(1_000);
    }
    await world.cycle();
    if (restarts) await world.startAgain();
    // The next deeds come at the same time, however long the cycle took.
    await world.later(Math.max(0, start + round * HOUR_MS - world.time.now()));
  }
  await settled(world);
  return world;
}

/** The master as that past left it, and nothing else yet. */
async function atOnce(seed: number, past: World, worlds: World[]): Promise<World> {
  const library = { ...emptyLibrary(), users: [{ username: 'anna' }, { username: 'bert' }], groups: ['office', 'cellar'] };
  const world = openWorld({
    seed: seed + 1,
    master: past.master.version,
    replicas: VERSIONS,
    library,
    replicaLibrary: emptyLibrary(),
    settings: SETTINGS,
    consumeMs: 100,
  });
  worlds.push(world);
  setBack(world.master.instance, snapshotOf(past.master.instance));
  await world.later(past.time.now() - world.time.now());
  await settled(world);
  return world;
}

async function settled(world: World): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const { settled: done, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 12 * HOUR_MS, trigger: 'manual', full: true }));
    if (!done) throw new Unmet('stuck', reason ?? 'not settled');
  }
}

/** By master's number, what the replica shows of it. Links are told by the master's numbers. */
function copiesOf(world: World, site: Site): Map<number, Face> {
  const { registry } = world.store;
  const replicaId = world.idOf(site);
  const rows = living(world.master.instance);
  const files = rows.map((row) => newestFile(world.master, row.id));
  // Of several with the same bytes a 2.x replica has one, and which is chance; so is whether a link leads to it.
  const twins = new Set(
    rows.flatMap(({ id }, n) => (site.major === 2 && files.indexOf(files[n] ?? '') !== files.lastIndexOf(files[n] ?? '') ? [id] : [])),
  );
  const of = (id: number): string | null => {
    const whose = registry.rowByReplicaDoc(replicaId, id)?.masterDocId;
    return whose !== undefined && twins.has(whose) ? null : `document ${whose ?? 'of nobody'}`;
  };
  const linksToTwin = (row: DocumentRow): boolean => {
    const face = faceOf(world.master.instance, row, ({ id }) => (twins.has(id) ? 'a twin' : null));
    return Object.values(face).some((value) => Array.isArray(value) && value.includes('a twin'));
  };
  return new Map(
    rows.flatMap((row): [number, Face][] => {
      if (twins.has(row.id)) return [];
      const said = registry.rowFor(replicaId, row.id);
      const copy = site.instance.store.documents.get(said?.replicaDocId);
      if (said === null || copy === undefined || copy.deletedAt !== null) return [[row.id, { status: said?.status, error: said?.errorMessage }]];
      const face = faceOf(site.instance, copy, ({ id }) => of(id));
      // What a 2.x master replaced in place, a 3.x replica that saw it has as versions.
      if (world.master.major === 2) face.files = (face.files as string[]).slice(-1);
      // A name comes with the upload, and one of another document that is gone may be taken over.
      delete face.original_file_name;
      // 3.x takes such a date with an upload and not afterwards: which it has is chance.
      if (row.created < '1678-01-01' || row.created > '2261-12-31') delete face.created;
      const chance = ['file-name-kept', 'created-out-of-range', ...(linksToTwin(row) ? ['dangling-link'] : [])];
      const reasons = said.reasons.filter((reason) => !chance.includes(reason));
      const status = said.status === 'limited' && reasons.length === 0 ? 'ok' : said.status;
      return [[row.id, { status, reasons: reasons.join(), ...face }]];
    }),
  );
}

function newestFile(master: Site, id: number): string {
  const row = master.instance.store.documents.get(id);
  return row === undefined ? '' : (chain(master.instance, row).at(-1)?.original.sha256 ?? '');
}

function alike(what: string, one: ReadonlyMap<number, Face>, other: ReadonlyMap<number, Face>): void {
  for (const id of new Set([...one.keys(), ...other.keys()])) {
    const [a, b] = [one.get(id), other.get(id)];
    const keys = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])];
    const key = keys.find((name) => JSON.stringify(a?.[name]) !== JSON.stringify(b?.[name]));
    if (key !== undefined)
      throw new Unmet('differential', `${what}: ${key} of document ${id} is ${JSON.stringify(a?.[key])} and ${JSON.stringify(b?.[key])}`);
  }
}
