import assert from 'node:assert/strict';
import { generateLibrary } from '../../../simulator/library';
import type { SimulatedVersion } from '../../../simulator/profile';
import { Bench, differing } from './bench';

const DOCUMENTS = 24;
const VERSIONS = ['3.0.5', '2.20.15'] as const satisfies readonly SimulatedVersion[];

/** What the sync made is what the comparison finds, whichever versions stand on its ends. */
function pairOf(master: SimulatedVersion, replica: SimulatedVersion): void {
  describe(`${master} → ${replica}`, () => {
    let bench: Bench;

    before(async () => {
      bench = await Bench.start(master, replica, generateLibrary({ documents: DOCUMENTS, seed: 7 }));
      await bench.introduce({ sync: true });
    });
    after(() => bench.close());

    it('is equal after a sync, by the map, and asks only to read', async () => {
      const before = bench.writes();
      const comparison = await bench.compare();
      assert.deepEqual(differing(comparison), [], JSON.stringify(comparison.fields.filter((f) => f.different > 0)));
      assert.equal(comparison.equal, true, JSON.stringify(comparison.collections));
      assert.equal(comparison.documents.compared, DOCUMENTS);
      assert.equal(comparison.pairs.by_map, comparison.pairs.total);
      assert.equal(bench.writes(), before);
    });

    it('reads no file of one major, and those of the 3.x side between majors', async () => {
      const { files } = await bench.compare();
      const three = (version: string): boolean => version.startsWith('3');
      assert.equal(files.proven_by, three(master) === three(replica) ? 'checksums' : 'lookups');
      assert.equal(files.bytes_read.master > 0, three(master) && !three(replica));
      assert.equal(files.bytes_read.replica > 0, !three(master) && three(replica));
    });

    it('is equal by every byte', async () => {
      const comparison = await bench.compare({ allBytes: true });
      assert.equal(comparison.equal, true);
      assert.ok(comparison.files.bytes_read.master > 0);
      assert.equal(comparison.files.bytes_read.master, comparison.files.bytes_read.replica);
    });

    it('sees other bytes under a copy', async () => {
      const row = bench.copy(3);
      const original = row.original;
      row.original = bench.copy(4).original;
      const comparison = await bench.compare();
      row.original = original;
      assert.deepEqual(differing(comparison), three(master, replica) ? ['file', 'versions'] : ['file']);
      assert.equal(comparison.equal, false);
    });
  });
}

function three(...versions: string[]): boolean {
  return versions.every((version) => version.startsWith('3'));
}

describe('comparison', function () {
  this.timeout(60_000);
  for (const master of VERSIONS) for (const replica of VERSIONS) pairOf(master, replica);
});
