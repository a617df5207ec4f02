import { z } from 'zod';
import { isPaperlessError, type CallOptions, type PaperlessWriter } from '../paperless';
import type { Store } from '../state';
import type { Collections } from './collections';
import type { Entity, EntityFields, EntityMap, EntityOptions, EntityState, MappedKind } from './entity-state';
import { markOf, parentsFirst, planEntity } from './plan-entities';
import type { ReplicaView } from './replica-view';
import { parityKey } from './parity-due';

/** Parents and targets of references first. */
const KINDS: readonly MappedKind[] = ['correspondent', 'documentType', 'storagePath', 'customField', 'tag'];

/** One entity needs a handful of steps of its own (rename, then attributes) at most; more means that the replica undoes what we do. */
const MAX_STEPS = 8;

/** The second changes little; more than these means that the replica undoes what we do. */
const MAX_PASSES = 4;

export interface ParityReport {
  created: number;
  adopted: number;
  changed: number;
  /** Pairs given up; this replica's documents were queued to be looked at again. */
  forgotten: number;
  blocked: { kind: MappedKind; name: string; because: string }[];
  /** What was changed on the replica alone: brought back, or left as drift_policy says. */
  reverted: { kind: MappedKind; name: string; fields: string[] }[];
  kept: { kind: MappedKind; name: string; fields: string[] }[];
}

/** What of the registry and of a replica parity works with: a plan of it has a model of both. */
export interface ParityStore {
  fenced<T>(epoch: number, work: () => T): T;
  entities: Pick<Store['entities'], 'master' | 'masterById' | 'maps' | 'setMap' | 'removeMap'>;
  registry: Pick<Store['registry'], 'requeueAll'>;
  settings: Pick<Store['settings'], 'fact' | 'setFact'>;
}

export type ParityWriter = Pick<
  PaperlessWriter,
  | 'createTag'
  | 'createTaxon'
  | 'createCustomField'
  | 'patchTag'
  | 'patchTaxon'
  | 'patchCustomField'
  | 'tags'
  | 'taxa'
  | 'storagePaths'
  | 'customFields'
>;

export interface ParityInput {
  store: ParityStore;
  epoch: number;
  replicaId: number;
  writer: ParityWriter;
  view: ReplicaView;
  options: EntityOptions;
  call: CallOptions;
}

/** Makes the replica's collections hold everything that the master's do, following renames; never takes anything away. */
export async function bringToParity(input: ParityInput): Promise<ParityReport> {
  const report: ParityReport = { created: 0, adopted: 0, changed: 0, forgotten: 0, blocked: [], reverted: [], kept: [] };
  for (const kind of KINDS) {
    const master = new Map(input.store.entities.master(kind).map((row) => [row.id, JSON.parse(row.data) as Entity]));
    forgetDeleted(input, kind, master);
    await settleKind(input, kind, master, report);
  }
  return report;
}

/** Pass after pass until one changes nothing: what a pair stands for may change with those that come after it. */
async function settleKind(input: ParityInput, kind: MappedKind, master: ReadonlyMap<number, Entity>, report: ParityReport): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const before = stepsOf(report);
    report.blocked = report.blocked.filter((block) => block.kind !== kind);
    report.kept = report.kept.filter((kept) => kept.kind !== kind);
    for (const id of parentsFirst(master)) await settleEntity(input, kind, id, master, report);
    if (stepsOf(report) === before) return;
  }
}

/** As it stands in the registry. Earlier releases kept the master's data alone. */
const storedMap = z.tuple([z.string(), z.object({ given: z.string(), stored: z.string() }).nullable()]);

function writeMap({ applied, template }: Pick<EntityMap, 'applied' | 'template'>): string {
  return JSON.stringify([applied, template] satisfies z.infer<typeof storedMap>);
}

function readMap(data: string): Pick<EntityMap, 'applied' | 'template'> {
  if (!data.startsWith('[')) return { applied: '', template: null };
  const [applied, template] = storedMap.parse(JSON.parse(data));
  return { applied, template };
}

function stepsOf({ created, adopted, changed, forgotten }: ParityReport): number {
  return created + adopted + changed + forgotten;
}

async function settleEntity(
  input: ParityInput,
  kind: MappedKind,
  masterId: number,
  master: ReadonlyMap<number, Entity>,
  report: ParityReport,
): Promise<void> {
  const name = master.get(masterId)?.name ?? '';
  /** Others that gave up a name or a place in the tree for it: each once. */
  const moved = new Set<number>();
  for (let round = 0; round < MAX_STEPS; round += 1) {
    const state = stateOf(input, kind, master);
    const step = planEntity(masterId, state);
    if (step.do === 'patch' && step.of !== state.maps.get(masterId)?.replicaId && !moved.has(step.of)) {
      moved.add(step.of);
      round -= 1;
    }
    const entity = master.get(masterId);
    const mark = entity === undefined ? '' : markOf(entity, input.options);
    const current = state.maps.get(masterId);
    const map = (replicaEntityId: number | null, applied = mark, template = current?.template ?? null): void =>
      input.store.fenced(input.epoch, () =>
        input.store.entities.setMap({ replicaId: input.replicaId, kind, masterId, replicaEntityId, name, data: writeMap({ applied, template }) }),
      );
    const templateOf = (made: Entity): EntityMap['template'] =>
      entity !== undefined && 'path' in entity && 'path' in made ? { given: entity.path, stored: made.path } : null;
    try {
      switch (step.do) {
        case 'done':
          if (current !== undefined && current.applied !== mark) map(current.replicaId);
          if (step.kept !== undefined) report.kept.push({ kind, name, fields: step.kept });
          return;
        case 'block':
          report.blocked.push({ kind, name, because: step.because });
          return;
        case 'adopt':
          // Nothing of the master's was ever applied to it: not its template either.
          map(step.replicaId, '', null);
          report.adopted += 1;
          break;
        case 'forget':
          // Together: documents that nobody looked at again would go without it until they are verified.
          input.store.fenced(input.epoch, () => {
            input.store.entities.removeMap(input.replicaId, kind, masterId);
            input.store.registry.requeueAll(input.replicaId);
          });
          report.forgotten += 1;
          break;
        case 'create': {
          map(null);
          const made = await create(input, kind, step.fields);
          map(made.id, mark, templateOf(made));
          report.created += 1;
          break;
        }
        case 'patch': {
          const changed = await patch(input, kind, step.of, step.fields);
          replace(input.view, kind, changed);
          report.changed += 1;
          if (step.fields.path !== undefined && current?.replicaId === step.of) map(step.of, current.applied, templateOf(changed));
          if (step.drift === true) report.reverted.push({ kind, name, fields: Object.keys(step.fields) });
          // Documents there have lost the options that are brought back.
          if (step.drift === true && step.fields.selectOptions !== undefined)
            input.store.fenced(input.epoch, () => input.store.registry.requeueAll(input.replicaId));
          break;
        }
      }
    } catch (error) {
      if (!isPaperlessError(error) || !(error.class === 'document' || error.class === 'unknown-outcome')) throw error;
      // A name is its own key: after an unknown outcome (or a twin made meanwhile) the list tells what is there, and the next round goes on from that.
      await reload(input, kind);
      if (round >= 2) {
        report.blocked.push({ kind, name, because: error.message });
        return;
      }
    }
  }
  report.blocked.push({ kind, name, because: 'the replica keeps changing it back' });
}

/** Makes one entity that the master doesn't have either: a flow named it. Tags may come with a path. */
export async function ensureNamed(input: ParityInput, kind: MappedKind, path: readonly string[], dataType: 'string' | null): Promise<number | null> {
  let parent: number | null = null;
  for (const name of path) {
    const known = input.view.id(kind, name);
    if (known !== undefined) {
      parent = known;
      continue;
    }
    if (kind === 'customField' && dataType === null) return null;
    const fields: EntityFields & { name: string } =
      kind === 'customField' ? { name, dataType: 'string' } : { name, owner: null, match: '', matchingAlgorithm: 0 };
    if (kind === 'tag' && parent !== null) fields.parent = parent;
    if (kind === 'storagePath') return null;
    parent = (await create(input, kind, fields)).id;
  }
  return parent;
}

function forgetDeleted(input: ParityInput, kind: MappedKind, master: ReadonlyMap<number, Entity>): void {
  const gone = input.store.entities.maps(input.replicaId, kind).filter((m) => !master.has(m.masterId));
  if (gone.length === 0) return;
  input.store.fenced(input.epoch, () => {
    for (const map of gone) input.store.entities.removeMap(input.replicaId, kind, map.masterId);
    if (kind === 'customField')
      retire(
        input,
        gone.flatMap((map) => map.replicaEntityId ?? []),
      );
  });
}

interface Retired {
  id: number;
  /** As it was called then: a field of that number and another name is somebody else's. */
  name: string;
}

function retiredFieldsKey(replicaId: number): string {
  return `retired-fields:${replicaId}`;
}

/** For a resync: which of the replica's collections stand for the master's is found out anew, by name. */
export function forgetParity(store: Store, replicaId: number): void {
  for (const kind of KINDS) for (const { masterId } of store.entities.maps(replicaId, kind)) store.entities.removeMap(replicaId, kind, masterId);
  store.settings.setFact(retiredFieldsKey(replicaId), null);
  store.settings.setFact(parityKey(replicaId), null);
}

/** Copies of custom fields that are gone on the master, where they still have their names. */
function retired({ store, replicaId, view }: ParityInput): Retired[] {
  const stored = JSON.parse(store.settings.fact(retiredFieldsKey(replicaId)) ?? '[]') as Retired[];
  return stored.filter(({ id, name }) => view.collections.customField.some((field) => field.id === id && field.name === name));
}

function retire(input: ParityInput, ids: readonly number[]): void {
  const { store, replicaId, view } = input;
  const gone = view.collections.customField.filter(({ id }) => ids.includes(id)).map(({ id, name }): Retired => ({ id, name }));
  const others = retired(input).filter(({ id }) => !ids.includes(id));
  store.settings.setFact(retiredFieldsKey(replicaId), JSON.stringify([...others, ...gone]));
}

function stateOf(input: ParityInput, kind: MappedKind, master: ReadonlyMap<number, Entity>): EntityState {
  const replica = new Map<number, Entity>((input.view.collections[kind] as Entity[]).map((e) => [e.id, e]));
  const maps = new Map<number, EntityMap>();
  for (const row of input.store.entities.maps(input.replicaId, kind)) {
    if (row.replicaEntityId !== null) maps.set(row.masterId, { replicaId: row.replicaEntityId, ...readMap(row.data) });
  }
  const owner = (masterOwner: number | null): number | null => {
    if (masterOwner === null) return null;
    const name = input.store.entities.masterById('user', masterOwner)?.name;
    return input.view.ownerFor(name ?? `#${masterOwner}`).id;
  };
  const gone = new Set(kind === 'customField' ? retired(input).map(({ id }) => id) : []);
  return { kind, master, replica, maps, retired: gone, owner, options: input.options };
}

async function create(input: ParityInput, kind: MappedKind, fields: EntityFields & { name: string }): Promise<Entity> {
  const made = await createEntity(input.writer, kind, fields, input.call);
  (input.view.collections[kind] as Entity[]).push(made);
  input.view.index(kind);
  return made;
}

function createEntity(writer: ParityWriter, kind: MappedKind, fields: EntityFields & { name: string }, call: CallOptions): Promise<Entity> {
  if (kind === 'tag') return writer.createTag(fields, call);
  if (kind === 'customField') return writer.createCustomField({ ...fields, dataType: fields.dataType ?? 'string' }, call);
  return writer.createTaxon(kind, fields, call);
}

function patch(input: ParityInput, kind: MappedKind, id: number, fields: EntityFields): Promise<Entity> {
  if (kind === 'tag') return input.writer.patchTag(id, fields, input.call);
  if (kind === 'customField') return input.writer.patchCustomField(id, fields, input.call);
  return input.writer.patchTaxon(kind, id, fields, input.call);
}

function replace(view: ReplicaView, kind: MappedKind, entity: Entity): void {
  const list = view.collections[kind] as Entity[];
  const at = list.findIndex((e) => e.id === entity.id);
  if (at >= 0) list[at] = entity;
  else list.push(entity);
  view.index(kind);
}

async function reload(input: ParityInput, kind: MappedKind): Promise<void> {
  const fresh: Partial<Collections> = {};
  if (kind === 'tag') fresh.tag = await input.writer.tags(input.call);
  else if (kind === 'customField') fresh.customField = await input.writer.customFields(input.call);
  else if (kind === 'storagePath') fresh.storagePath = await input.writer.storagePaths(input.call);
  else fresh[kind] = await input.writer.taxa(kind, input.call);
  Object.assign(input.view.collections, fresh);
  input.view.index(kind);
}
