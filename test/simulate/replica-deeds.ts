import type { DocumentRow } from '../../simulator/state/rows';
import type { Site } from '../support/site';
import type { Chance } from './chance';
import { edit, living, renaming, removal, type Deed } from './master-deeds';
import { faceOfForeign, type Story } from './story';

/** Somebody at a replica: changes copies, takes them away, keeps documents of their own there. */
export function replicaDeed(story: Story, site: Site, chance: Chance): Deed | null {
  const { foreign, touched } = story.meddlingWith(site);
  const copies = living(site).filter(({ id }) => !foreign.has(id));
  const row = chance.any(copies);
  return chance.weighted<() => Deed | null>([
    [
      5,
      () => {
        if (row === undefined) return null;
        const what = edit(site, chance, row);
        return {
          what: `${site.name}: patch ${row.id} ${JSON.stringify(what)}`,
          act: async () => {
            const before = linksOf(row);
            const face = faceOfForeign(site, row.id);
            try {
              await site.person.patch(row.id, what);
              touched.add(row.id);
            } finally {
              // Refused, a part of it may have been done.
              if (faceOfForeign(site, row.id) !== face) touched.add(row.id);
              // Paperless writes a link at both of its ends: whoever gives one document a link, or takes it from it, changes the other document too, even where the
              // rest is refused then.
              for (const id of endsOfOneOnly(before, linksOf(row))) touched.add(id).add(row.id);
            }
            story.struck('replica-edited', `${site.name} ${row.id}`);
          },
        };
      },
    ],
    [
      1,
      () => {
        if (row === undefined) return null;
        return {
          what: `${site.name}: note on ${row.id}`,
          act: async () => {
            await site.person.note(row.id, 'a note of the replica');
            touched.add(row.id);
            story.struck('replica-edited', `${site.name} ${row.id}`);
          },
        };
      },
    ],
    [
      2,
      () => {
        // More than a few, and what is left looks like another instance.
        if (row === undefined || copies.length < 3) return null;
        const forGood = chance.is(0.5);
        return {
          what: `${site.name}: ${forGood ? 'erase' : 'trash'} ${row.id}`,
          act: async () => {
            await site.person.trash(row.id);
            if (forGood) await site.person.ask('POST', '/api/trash/', { action: 'empty', documents: [row.id] });
            touched.add(row.id);
            story.meddlingWith(site).shaken = true;
            story.struck('replica-copy-removed', `${site.name} ${row.id}`);
          },
        };
      },
    ],
    [
      2,
      () => {
        // Whoever uploads waits for it.
        if (story.stalled.has(site)) return null;
        return {
          what: `${site.name}: a document of its own`,
          act: async () => {
            const serial: Record<string, string> = chance.is(0.2) ? { archive_serial_number: String(chance.between(1, 6)) } : {};
            const id = await site.person.upload(`own-${chance.int(1000)}.txt`, `Somebody's own ${chance.int(1_000_000)}`, {
              title: 'Own',
              ...serial,
            });
            foreign.set(id, faceOfForeign(site, id));
          },
        };
      },
    ],
    [
      1,
      () => {
        const twin = chance.any(living(story.world.master));
        const bytes = twin?.original.read();
        if (!(bytes instanceof Uint8Array) || story.stalled.has(site)) return null;
        return {
          what: `${site.name}: a document of its own with the bytes of master's ${twin?.id ?? 0}`,
          act: async () => {
            const id = await site.person.upload('own-twin.txt', bytes, { title: 'Own twin' });
            foreign.set(id, faceOfForeign(site, id));
          },
        };
      },
    ],
    [
      1,
      () => {
        const id = chance.any([...foreign.keys()].filter((one) => site.instance.store.documents.get(one)?.deletedAt === null));
        if (id === undefined) return null;
        return {
          what: `${site.name}: own document ${id} changed`,
          act: async () => {
            await site.person.patch(id, { title: `Own ${chance.int(100)}` });
            // With the bytes of the master's it may be a copy by now.
            touched.add(id);
            foreign.set(id, faceOfForeign(site, id));
          },
        };
      },
    ],
    [
      1,
      () => {
        const deed = chance.is(0.5) ? renaming(site, chance) : removal(site, chance);
        if (deed === null) return null;
        return {
          what: `${site.name}: ${deed.what}`,
          act: async () => {
            await deed.act();
            for (const { id } of living(site)) if (!foreign.has(id)) touched.add(id);
            story.struck('replica-edited', site.name);
          },
        };
      },
    ],
  ])();
}

/** Field and document of each link that it has. */
function linksOf(row: DocumentRow): Map<string, number> {
  return new Map(
    row.fields.flatMap(({ field, values: { documentlink } }) =>
      Array.isArray(documentlink) ? (documentlink as number[]).map((id) => [`${field} ${id}`, id] as const) : [],
    ),
  );
}

function endsOfOneOnly(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): number[] {
  return [...before, ...after].flatMap(([link, id]) => (before.has(link) && after.has(link) ? [] : [id]));
}
