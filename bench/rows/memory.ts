import { randomBytes } from 'node:crypto';
import type { Row } from '../row';
import { inScene } from '../scene';
import { consumed, upload } from '../upload';

const MB = 1_000_000;
const FILE_MB = 500;
const BEFORE = 50;

/** A picture by its first bytes, so that servers take it without reading a text from it; the rest repeats, as only its length matters. */
function* bigFile(seed: Buffer): Iterable<Uint8Array> {
  const chunk = Buffer.concat([seed, Buffer.alloc(MB - seed.byteLength, 1)]);
  for (let n = 0; n < FILE_MB; n += 1) yield chunk;
}

/** What a file of 500 MB adds to the controller's process alone: its peak while the file goes from the master to two replicas, less what it had before. */
export async function memory(): Promise<Row[]> {
  return inScene(async (scene) => {
    const master = await scene.server('master', { documents: BEFORE });
    const replicas = [await scene.server('replica-3', { version: '3.0.5' }), await scene.server('replica-2', { version: '2.20.15' })];
    const controller = await scene.controller(master, replicas);
    await controller.settle(BEFORE * replicas.length);
    const seed = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), randomBytes(64)]);
    await upload(master, 'big.png', FILE_MB * MB, () => bigFile(seed));
    await consumed(master);
    await master.reset();
    const before = controller.worker.memory().now;
    controller.worker.resetPeak();
    await controller.settle((BEFORE + 1) * replicas.length);
    const { peak } = controller.worker.memory();
    const { downloads } = await master.totals();
    if (downloads !== FILE_MB * MB) throw new Error(`${downloads} bytes were downloaded instead of ${FILE_MB * MB}`);
    return [
      {
        name: `controller: peak memory that a file of ${FILE_MB} MB adds`,
        value: (peak - before) / MB,
        unit: 'MB',
        bound: { most: 80 },
        note: `${Math.round(before / MB)} MB before, ${Math.round(peak / MB)} MB at the peak`,
      },
    ];
  });
}
