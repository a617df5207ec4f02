import assert from 'node:assert/strict';
import { compareInstances } from '../../demo/compare/compare.js';
import { Filler, FillError } from '../../demo/fill.js';
import { generateLibrary } from '../../simulator/library/index.js';
import { Server } from './server.js';

describe('filling an instance over its API', function () {
  this.timeout(30_000);

  it('makes what seeding makes, on either version, and takes only an empty instance', async () => {
    const library = generateLibrary({ documents: 30, seed: 9 });
    const seeded = await Server.start('3.0.5', library);
    const filled = [await Server.start('3.0.5', null), await Server.start('2.20.15', null)];
    try {
      for (const server of filled) {
        const filler = new Filler(server.connection, { texts: true, width: 2, tell: () => undefined });
        await filler.fill(library);
        await assert.rejects(filler.fill(library), (error: Error) => error instanceof FillError && /holds 30 documents already/u.test(error.message));
      }
      for (const result of await compareInstances(
        seeded.connection,
        filled.map((server) => server.connection),
      )) {
        assert.deepEqual([result.ok, result.paired, result.examples.different], [true, 30, []]);
      }
    } finally {
      await Promise.all([seeded, ...filled].map((server) => server.stop()));
    }
  });
});
