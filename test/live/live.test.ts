import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { compareInstances } from '../../demo/compare/compare';
import { pngx } from './pngx';
import { collectionsOf, documentsOf, liveServers } from './servers';

const summarySchema = z.looseObject({ ok: z.boolean(), settled: z.boolean(), reason: z.string().nullable(), runs: z.number() });
const servers = liveServers(process.env);

describe('live: a real master to a real replica', function () {
  if (servers === null) {
    it('is skipped, because LIVE_MASTER_URL, LIVE_MASTER_TOKEN, LIVE_REPLICA_URL and LIVE_REPLICA_TOKEN are not set; a skip is not a pass');
    return;
  }
  const { master, replica, allowNonEmpty, timeoutSeconds } = servers;
  this.timeout((timeoutSeconds + 600) * 1000);
  // Each step stands on the one before.
  this.bail(true);
  const folder = mkdtempSync(join(tmpdir(), 'pngx-live-'));
  const env: Record<string, string> = {
    DATABASE_URL: `sqlite:///${join(folder, 'live.sqlite3')}`,
    MASTER_URL: master.url,
    MASTER_TOKEN: master.token,
  };
  let before: { documents: object; collections: object };
  let own: Record<number, string>;

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function sync(): Promise<z.infer<typeof summarySchema>> {
    const { code, stdout, stderr } = await pngx(['sync', '--until-settled', '--timeout', String(timeoutSeconds), '--json'], env);
    const summary = summarySchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    assert.equal(code, 0, `${JSON.stringify(summary, null, 2)}\n${stderr.slice(-4000)}`);
    return summary;
  }

  it('finds documents on the master, and none on the replica unless LIVE_ALLOW_NONEMPTY=1', async () => {
    before = { documents: await documentsOf(master), collections: await collectionsOf(master) };
    own = await documentsOf(replica);
    assert.ok(Object.keys(before.documents).length > 0, `${master.url} holds no document: there is nothing to sync.`);
    const held = Object.keys(own).length;
    assert.ok(held === 0 || allowNonEmpty, `${replica.url} holds ${held} documents. Give an empty replica, or say LIVE_ALLOW_NONEMPTY=1.`);
  });

  it('takes the replica', async () => {
    const key = await pngx(['new-key']);
    assert.equal(key.code, 0, key.stderr);
    env.SECRET_KEY = key.stdout.trim();
    const added = await pngx(['replica', 'add', '--name', 'live', '--url', replica.url, '--token', replica.token], env);
    assert.equal(added.code, 0, added.stderr);
  });

  it('syncs until nothing is left', async () => {
    assert.equal((await sync()).ok, true);
  });

  it('leaves nothing missing, doubled or different, by a comparison that shares no code with the product', async () => {
    const [found] = await compareInstances(master, [replica], { owners: true, files: 'download' });
    assert.ok(found !== undefined);
    const { missing, doubled, different, by_field, examples, collections } = found;
    assert.deepEqual({ missing, doubled, different }, { missing: 0, doubled: 0, different: 0 }, JSON.stringify({ by_field, examples }, null, 2));
    for (const [name, { missing: lacking, different: unlike }] of Object.entries(collections)) assert.deepEqual([lacking, unlike], [[], []], name);
    process.stdout.write(`      ${found.paired} documents compared, limited: ${JSON.stringify(found.limited)}, the replica's own: ${found.own}\n`);
  });

  it('finds nothing to do when it runs again', async () => {
    const settled = await documentsOf(replica);
    assert.equal((await sync()).ok, true);
    assert.deepEqual(await documentsOf(replica), settled);
  });

  it("has changed neither the master nor the replica's own documents", async () => {
    assert.deepEqual({ documents: await documentsOf(master), collections: await collectionsOf(master) }, before);
    const { code, stdout, stderr } = await pngx(['export-map', '--replica', 'live', '--json'], env);
    assert.equal(code, 0, stderr);
    // What was adopted, byte for byte, is the master's copy now; whatever else was there is as it was.
    const copies = new Set(Object.values(z.record(z.string(), z.number()).parse(JSON.parse(stdout))));
    const now = await documentsOf(replica);
    for (const [id, modified] of Object.entries(own)) if (!copies.has(Number(id))) assert.equal(now[Number(id)], modified, `document ${id}`);
  });
});
