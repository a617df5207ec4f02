import assert from 'node:assert/strict';
import { Life } from '../../demo/life.js';
import { generateLibrary } from '../../simulator/library/index.js';
import { Server } from './server.js';

describe("the simulated user's life", function () {
  this.timeout(20_000);

  it('adds, edits, renames and notes, seeded, and is never refused', async () => {
    const told: string[][] = [];
    for (let round = 0; round < 2; round += 1) {
      const server = await Server.start('3.0.5', generateLibrary({ documents: 10, seed: 6 }));
      try {
        const life = new Life(server.connection, 6);
        const deeds = [];
        for (let step = 0; step < 60; step += 1) deeds.push(await life.step());
        assert.deepEqual(
          deeds.filter((deed) => deed.status !== 200),
          [],
        );
        assert.deepEqual(new Set(deeds.map((deed) => deed.kind)), new Set(['new document', 'edit', 'note', 'rename', 'correction']));
        told.push(deeds.map((deed) => deed.kind));
      } finally {
        await server.stop();
      }
    }
    assert.deepEqual(told[0], told[1]);
  });
});
