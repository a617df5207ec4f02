import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../../src/controller/spool';
import { SpoolFullError } from '../../../src/sync';

async function* chunks(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

async function read(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

describe('the spool', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'pngx-spool-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps a body, hashes it on the way, gives it back as often as wanted, and lets it go', async () => {
    const spool = await openSpool(join(folder, 's'), () => 1e9);
    const file = await spool.receive(chunks('one ', 'two'), { expectedSize: 7 });
    assert.deepEqual(
      [file.size, file.sha256, file.md5],
      [7, createHash('sha256').update('one two').digest('hex'), createHash('md5').update('one two').digest('hex')],
    );
    assert.deepEqual([await read(file.open()), await read(file.open())], ['one two', 'one two']);
    assert.equal(statSync(join(folder, 's')).mode & 0o077, 0, 'others may look into it');
    await file.remove();
    await file.remove();
    assert.deepEqual(readdirSync(join(folder, 's')), []);
  });

  it('leaves nothing behind when the body breaks off or is given up', async () => {
    const spool = await openSpool(folder, () => 2_000_000);
    await assert.rejects(spool.receive(chunks('x', new Error('broken')), { expectedSize: null }), /broken/u);
    await assert.rejects(spool.receive(chunks('x', 'y'), { expectedSize: 2, signal: AbortSignal.abort() }));
    assert.deepEqual(readdirSync(folder), []);
    // And nothing is counted as held.
    const file = await spool.receive(chunks('z'.repeat(2_000_000)), { expectedSize: 2_000_000 });
    assert.equal(file.size, 2_000_000);
  });

  it('is full at its cap, says so and what to do, and has room again when files leave', async () => {
    let cap = 10;
    const spool = await openSpool(folder, () => cap);
    const held = await spool.receive(chunks('12345678'), { expectedSize: 8 });
    const full = (error: unknown): boolean => error instanceof SpoolFullError && /spool_max_bytes/u.test(error.nextStep);
    await assert.rejects(spool.receive(chunks('abc'), { expectedSize: 3 }), full);
    await assert.rejects(spool.receive(chunks('abc'), { expectedSize: null }), full);
    await held.remove();
    await (await spool.receive(chunks('abc'), { expectedSize: 3 })).remove();
    cap = 2;
    await assert.rejects(spool.receive(chunks('abc'), { expectedSize: 3 }), full);
  });

  it("takes the disk's room into account", async () => {
    const spool = await openSpool(folder, () => Number.MAX_SAFE_INTEGER);
    await assert.rejects(spool.receive(chunks(), { expectedSize: 2 ** 52 }), /disk of the spool/u);
  });

  it('is emptied when it is opened', async () => {
    mkdirSync(join(folder, 'a folder'));
    writeFileSync(join(folder, 'left behind'), 'x');
    await openSpool(folder, () => 1);
    assert.deepEqual(readdirSync(folder), []);
  });
});
