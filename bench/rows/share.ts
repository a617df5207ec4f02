import { performance } from 'node:perf_hooks';
import type { Row } from '../row';
import { inScene } from '../scene';
import { mostAsked, type Server } from '../server';
import { consumed, upload } from '../upload';

/** As real workers need for a small document (measured: 1.6 documents a second with two, 3.1 with four). */
const DELAY_MS = 1_250;

/** How many documents a second an empty server consumes when it is never left waiting. */
async function ceiling(server: Server, documents: number): Promise<number> {
  const names = Array.from({ length: documents }, (_, n) => `ceiling-${n}.txt`);
  const started = performance.now();
  for (const name of names) await upload(server, name, name.length, () => [Buffer.from(name)]);
  await consumed(server);
  return documents / ((performance.now() - started) / 1000);
}

/** A first sync's documents a second, read back and verified, as a share of what the replica can consume at all. */
export async function shareOfCeiling(workers: number, documents: number, least: number): Promise<Row[]> {
  return inScene(async (scene) => {
    const limits = { workers, delay: DELAY_MS };
    const reference = await scene.server('reference', limits);
    const most = await ceiling(reference, documents);
    const master = await scene.server('master', { documents });
    const replica = await scene.server('replica', limits);
    const controller = await scene.controller(master, [replica]);
    const started = performance.now();
    await controller.settle(documents);
    const reached = documents / ((performance.now() - started) / 1000);
    const { requests, byPath } = await replica.totals();
    return [
      {
        name: `first sync: share of what ${workers} workers of a replica consume`,
        value: reached / most,
        unit: 'x',
        bound: { least },
        note: `${reached.toFixed(2)} of ${most.toFixed(2)} documents a second`,
      },
      {
        name: `first sync: requests to the replica per new document, ${workers} workers`,
        value: requests / documents,
        unit: 'requests',
        note: mostAsked(byPath),
      },
    ];
  });
}
