import type { Row } from '../row';
import { inScene } from '../scene';
import { mostAsked } from '../server';

/** Some have older versions: each of those is a file of its own to be fetched, and a text that no list tells. */
const DOCUMENTS = 300;
const REPLICAS = [{ version: '3.0.5' }, { version: '2.20.15' }, { version: '3.0.5' }] as const;

/** What a new document costs the master, for 1, 2 and 3 replicas: a first sync of a library of several kinds of files, everything counted. */
export async function masterCost(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of [1, 2, 3]) {
    rows.push(
      ...(await inScene(async (scene) => {
        const master = await scene.server('master', { documents: DOCUMENTS, plain: false });
        const replicas = await Promise.all(
          REPLICAS.slice(0, count).map(({ version }, n) => scene.server(`replica-${n + 1}`, { version, workers: 4, delay: 20 })),
        );
        const controller = await scene.controller(master, replicas);
        await master.reset();
        const { documents, files, bytes } = master.library;
        await controller.settle(documents * count);
        const { requests, sent, downloads, byPath } = await master.totals();
        const writes = Object.keys(byPath).filter((path) => !path.startsWith('GET '));
        if (writes.length > 0) throw new Error(`the master was asked for ${writes.join(', ')}`);
        const to = `${count} ${count === 1 ? 'replica' : 'replicas'}`;
        return [
          {
            name: `master: bytes of originals / bytes of the library, ${to}`,
            value: downloads / bytes,
            unit: 'x',
            bound: { least: 1, most: 1 },
            note: `${documents} documents, ${files} files, ${Math.round(bytes / files / 1000)} KB each`,
          },
          {
            name: `master: requests per new document, or older version's file or text, ${to}`,
            value: requests / (files + (files - documents)),
            unit: 'requests',
            bound: { most: 1.1 },
            note: mostAsked(byPath),
          },
          { name: `master: bytes beside originals per new document or version, ${to}`, value: (sent - downloads) / files, unit: 'bytes' },
        ];
      })),
    );
  }
  return rows;
}
