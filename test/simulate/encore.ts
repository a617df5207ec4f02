import type { DocumentRow } from '../../simulator/state/rows';
import { living } from '../support/oracle';
import type { Site } from '../support/site';
import type { Chance } from './chance';
import type { Finding } from './oracle/replica';
import { Unmet, type Story } from './story';

const NEVER_SECONDS = 30 * 86_400;
/** A serial number that no document has by then. */
const WANTED = 900;

/** What an encore needs of the tale. */
export interface Stage {
  /** One whole cycle. */
  cycle(): Promise<void>;
  /** The same, in which the process may die; it is started again. */
  mortalCycle(): Promise<void>;
  findings(): Finding[];
}

/**
 * After all is well: what the master's times show must arrive by them alone. No sweep is due any more, so nothing else would bring a change that was
 * missed: one that many share a stamp with, one that is committed after a later one was seen, one in whose cycle the process dies.
 */
export async function encore(story: Story, stage: Stage): Promise<void> {
  const { world } = story;
  const dice = story.dice('encore');
  const { master } = world;
  for (const key of ['sweep_ids_seconds', 'sweep_documents_seconds', 'sweep_content_seconds']) world.store.settings.set(key, NEVER_SECONDS);
  const documents = dice.shuffled(living(master.instance));
  const renamed = await otherName(story, dice);
  const early = documents.slice(0, Math.ceil(documents.length / 2));
  for (const row of early) await change(master, dice, row, dice.pick(documents));
  story.note(`> ${early.map(({ id }) => id).join()} changed so that their times tell of it`);
  const spare = story.cast.mortal ? world.crashAfterCommit(dice.between(1, 12)) : null;
  await (spare === null ? stage.cycle() : stage.mortalCycle());
  spare?.();
  const stamp = Math.max(...living(master.instance).map(({ modified }) => modified));
  const late = documents.slice(early.length);
  for (const { id } of late) {
    await master.person.patch(id, { title: `Encore ${dice.int(1000)}` });
    const row = master.instance.store.documents.get(id);
    if (row !== undefined) row.modified = stamp;
  }
  story.note(`> committed late, all stamped alike: ${late.map(({ id }) => id).join()}`);
  for (let n = 0; n < 3; n += 1) await stage.cycle();
  // Who died between an intent and its upload can't know that nothing was sent: it waits as long as an upload may take before it sends again.
  if (world.replicas.some((site) => world.store.registry.inFlight(world.idOf(site)).length > 0)) {
    await world.later(world.store.settings.number('task_poll_timeout_seconds') * 1000);
    for (let n = 0; n < 2; n += 1) await stage.cycle();
  }
  demand(stage, 'without a sweep');
  for (const site of world.replicas)
    if (renamed.has(site) && [...site.instance.store.tags.values()].some(({ name }) => name === renamed.get(site)))
      throw new Unmet(
        'doubled',
        `${site.name}: the tag "${renamed.get(site) ?? ''}" was renamed on the master, and is still there beside the one of its new name`,
      );
  if (await otherFile(story, dice)) {
    for (let n = 0; n < 4; n += 1) await stage.cycle();
    demand(stage, 'after a file was turned');
  }
  await drift(story, stage, dice);
}

/** Of a document that others link to: on 2.x a new copy takes the old one's place, and no link may stay with that. */
async function otherFile(story: Story, dice: Chance): Promise<boolean> {
  const { world } = story;
  const { person, instance } = world.master;
  const linked = living(instance).filter(({ fields }) =>
    fields.some(({ values }) => Array.isArray(values.documentlink) && values.documentlink.length > 0),
  );
  const row = dice.any(linked);
  if (row === undefined) return false;
  await person.ask('POST', '/api/documents/bulk_edit/', { documents: [row.id], method: 'rotate', parameters: { degrees: 90 } });
  story.note(`> ${row.id} turned, which is a file of its own`);
  while (instance.consumer.queue.length > 0) await world.later(1000);
  return true;
}

/** A tag's name; by replica, the name that is to be there no more. */
async function otherName({ world }: Story, dice: Chance): Promise<Map<Site, string>> {
  const { person, instance } = world.master;
  const names = instance.store.tags.all().map(({ name }) => name.toLowerCase());
  const tag = dice.any(
    instance.store.tags
      .all()
      .filter(({ name, owner }) => owner === null && names.indexOf(name.toLowerCase()) === names.lastIndexOf(name.toLowerCase())),
  );
  if (tag === undefined) return new Map();
  const { name } = tag;
  const there = world.replicas.filter(
    (site) => site.instance.store.tags.all().filter((one) => one.name.toLowerCase() === name.toLowerCase()).length === 1,
  );
  await person.edit('tags', tag.id, { name: `Encore ${dice.int(1000)}` });
  return new Map(there.map((site) => [site, name]));
}

/** A text that somebody corrected, and that a new reading of the file takes back: no time of the master's tells of that. */
async function readAnew({ world, seed }: Story, stage: Stage, dice: Chance): Promise<void> {
  const { person, instance } = world.master;
  const row = dice.any(living(instance));
  if (row === undefined) return;
  await person.patch(row.id, { content: `Corrected in ${seed}` });
  await stage.cycle();
  await person.ask('POST', '/api/documents/bulk_edit/', { documents: [row.id], method: 'reprocess', parameters: {} });
  while (instance.consumer.queue.length > 0) await world.later(1000);
}

function demand(stage: Stage, when: string): void {
  const findings = stage.findings();
  const [first] = findings;
  if (first !== undefined) throw new Unmet(first.check, `${when}: ${findings.map(({ about }) => about).join('\n')}`);
}

/** Somebody changes copies, and takes one away. Nothing on the master tells of that: it is seen when all copies are looked at. */
async function drift(story: Story, stage: Stage, dice: Chance): Promise<void> {
  const { world } = story;
  const kept: (() => string | null)[] = [];
  for (const site of world.replicas) {
    const meddling = story.meddlingWith(site);
    const copies = dice.shuffled(living(site.instance).filter(({ id }) => !meddling.foreign.has(id) && !meddling.orphans.has(id)));
    const [changed, taken, numbered] = copies;
    if (changed !== undefined) {
      // A document whose path's template can't be filled is refused to people, too.
      await site.person.patch(changed.id, { title: CHANGED }).catch(() => undefined);
      kept.push(whetherKept(story, site, changed));
      meddling.touched.add(changed.id);
    }
    if (numbered !== undefined && story.cast.settings.drift_policy === 'revert') {
      await site.person.patch(numbered.id, { archive_serial_number: WANTED }).catch(() => undefined);
      meddling.touched.add(numbered.id);
    }
    // More than a few, and what is left looks like another instance.
    if (taken !== undefined && copies.length > 3) {
      await site.person.trash(taken.id);
      meddling.touched.add(taken.id);
      meddling.shaken = true;
    }
    story.note(`> ${site.name}: ${changed?.id ?? 'none'} changed, ${copies.length > 3 ? (taken?.id ?? 'none') : 'none'} trashed`);
  }
  // The number that somebody gave a copy there is the master's to give.
  const other = dice.any(living(world.master.instance));
  if (other !== undefined) await world.master.person.patch(other.id, { archive_serial_number: WANTED });
  await readAnew(story, stage, dice);
  for (let n = 0; n < 6; n += 1) {
    world.engine.demandAll();
    await stage.cycle();
    if (n >= 2 && stage.findings().length === 0) break;
  }
  demand(stage, 'after copies were changed');
  const undone = kept.flatMap((ask) => ask() ?? []);
  if (undone.length > 0) throw new Unmet('different', undone.join('\n'));
}

const CHANGED = 'Changed on the replica';

/** Where drift is kept, what somebody changed stays so until the master changes it: our own writes to other copies are no reason to undo it. */
function whetherKept({ world, cast }: Story, site: Site, { id }: DocumentRow): () => string | null {
  const before = world.store.registry.rowByReplicaDoc(world.idOf(site), id);
  const mine = site.instance.store.documents.get(id)?.title === CHANGED;
  if (cast.settings.drift_policy === 'revert' || before?.status !== 'ok' || !mine) return () => null;
  return () => {
    const row = world.store.registry.row(before.id);
    if (row?.wantedVersion !== before.wantedVersion || site.instance.store.documents.get(id)?.title === CHANGED) return null;
    return `${site.name}: what somebody changed on copy ${id} is as on the master again (${row.status}), and drift is kept there`;
  };
}

/** What a person does to a document in a moment: the text that no list shows, notes as many as before, serial numbers that change places. */
async function change(site: Site, dice: Chance, { id, notes, asn }: DocumentRow, other: DocumentRow): Promise<void> {
  const { person } = site;
  const [note] = notes;
  await dice.pick<() => Promise<unknown>>([
    () => person.patch(id, { title: `Encore ${dice.int(1000)}` }),
    () => person.patch(id, { content: `Encore ${dice.int(1000)}` }),
    async () => {
      if (note !== undefined) await person.deleteNote(id, note.id);
      await person.note(id, `Encore ${dice.int(1000)}`);
    },
    async () => {
      await person.patch(id, { archive_serial_number: null });
      if (other.id !== id && other.asn !== null) {
        const theirs = other.asn;
        await person.patch(other.id, { archive_serial_number: asn });
        await person.patch(id, { archive_serial_number: theirs });
      }
    },
    async () => {
      const { custom_fields: fields } = (await person.ask('GET', `/api/documents/${id}/`)) as { custom_fields: FieldValue[] };
      await person.patch(id, { custom_fields: fields.slice(1).map((one) => withoutDangling(site, one)) });
    },
  ])();
}

interface FieldValue {
  field: number;
  value: unknown;
}

/**
 * A document shows links to what is gone as before, and paperless refuses the whole list that a client sends while one of them is in it: whoever saves takes those
 * out first.
 */
function withoutDangling({ instance }: Site, { field, value }: FieldValue): FieldValue {
  if (instance.store.customFields.get(field)?.dataType !== 'documentlink' || !Array.isArray(value)) return { field, value };
  const there = new Set(living(instance).map(({ id }) => id));
  return { field, value: (value as number[]).filter((id) => there.has(id)) };
}
