import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(__dirname, '..', '..', '..', '..');

describe('docs/fidelity.md', function () {
  // Four syncs between simulated servers, at once.
  this.timeout(240_000);

  it('is what a comparison after a sync finds, on all four pairs of versions', async () => {
    const child = spawn(process.execPath, [join(root, 'scripts', 'fidelity.mjs'), '--check'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    const [told, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
    assert.equal(code, 0, told);
  });
});
