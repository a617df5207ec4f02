import assert from 'node:assert/strict';
import type { SimulatedVersion } from '../../simulator/profile';
import { preflightOf, type KeptFinding } from '../../src/sync/preflight';
import { loginPage } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { Site } from '../support/site';
import type { World } from '../support/world';

const AN_HOUR_MS = 3_700_000;
const VERSIONS: readonly SimulatedVersion[] = ['3.0.5', '2.20.15'];
const three = smallLibrary(3);
const thirty = smallLibrary(30);

function findings(world: World, site: Site | 'master' = world.replica): KeptFinding[] {
  const key = site === 'master' ? 'master' : `replica:${world.idOf(site)}`;
  return preflightOf(world.store.settings, key)?.findings ?? [];
}

function codes(world: World, site: Site | 'master' = world.replica): string[] {
  return findings(world, site)
    .map(({ code }) => code)
    .sort();
}

function workflow(name: string, change: { trigger?: object; action?: object; enabled?: boolean } = {}): object {
  return {
    name,
    order: 1,
    enabled: change.enabled ?? true,
    triggers: [{ type: 2, sources: [], ...change.trigger }],
    actions: [{ type: 1, assign_title: 'Theirs', ...change.action }],
  };
}

/** A cycle that is expected to be refused, and what is said of it. */
async function refused(world: World): Promise<string> {
  for (const site of [world.master, ...world.replicas]) site.forgetRequests();
  const run = JSON.stringify(await world.run(world.engine.runCycle({ trigger: 'manual' })));
  assert.deepEqual(world.replica.writes, []);
  return `${run} ${world.store.replicas.get(world.idOf())?.lastError ?? ''}`;
}

function lose(site: Site, keep: (id: number) => boolean): void {
  const { documents } = site.instance.store;
  for (const { id } of documents.all()) if (!keep(id)) documents.delete(id);
}

async function automate(site: Site): Promise<void> {
  const { person } = site;
  const tag = await person.create('tags', { name: 'Automatic', matching_algorithm: 6 });
  await person.create('tags', { name: 'Inbox', is_inbox_tag: true });
  await person.create('correspondents', { name: 'Bank', matching_algorithm: 1, match: 'bank' });
  await person.create('correspondents', { name: 'Nobody', matching_algorithm: 1, match: '' });
  await person.create('document_types', { name: 'Invoice', matching_algorithm: 4, match: 'invoice' });
  await person.create('storage_paths', { name: 'Archive', path: 'archive/{title}', matching_algorithm: 2, match: 'old' });
  await person.ask('POST', '/api/workflows/', workflow('Auto tag', { action: { assign_title: null, assign_tags: [tag] } }));
  await person.ask('POST', '/api/workflows/', workflow('Off', { enabled: false }));
  await person.ask('POST', '/api/workflows/', workflow('Folder only', { trigger: { type: 1, sources: [1, 3] } }));
  await person.ask('POST', '/api/workflows/', workflow('Webhook', { action: { type: 4, assign_title: null } }));
  const account = (await person.ask('POST', '/api/mail_accounts/', { name: 'Post', imap_server: 'mail.example.org' })) as { id: number };
  await person.ask('POST', '/api/mail_rules/', { name: 'Bills', account: account.id });
  await person.ask('POST', '/api/mail_rules/', { name: 'Old', account: account.id, enabled: false });
  await person.ask('PATCH', '/api/config/1/', { barcodes_enabled: true, barcode_enable_asn: true });
}

describe('what a replica does to documents by itself', () => {
  for (const version of VERSIONS) {
    scenario(`is told before the first push, with what to do (${version})`, { library: three, replicas: [version] }, async (world) => {
      await automate(world.replica);
      let known: string[] | null = null;
      world.onRequest(({ site, request }) => {
        if (site === world.replica && request.method !== 'GET') known ??= codes(world);
        return Promise.resolve();
      });
      await world.cycle();
      const expected = ['barcodes', 'inbox-tags', 'mail-rules', 'matching', 'matching', 'matching', 'matching', 'workflow-alters'];
      assert.deepEqual(known, expected);
      const told = findings(world).find(({ code }) => code === 'workflow-alters');
      assert.equal(
        told?.message,
        'Workflow "Auto tag" on replica-1 runs when a document is added and assigns tags: it alters what the sync writes there.',
      );
      assert.match(told.nextStep, /^Open Workflows on replica-1 and disable "Auto tag"/u);
      assert.deepEqual(
        findings(world).flatMap(({ code, message }) =>
          code === 'matching' ? [/assigns 1 ([\w ]+) to uploads (.*): "(\w+)"/u.exec(message)?.slice(1)] : [],
        ),
        [
          ['tag', 'automatically', 'Automatic'],
          ['correspondent', 'by a rule', 'Bank'],
          ['document type', 'by a rule', 'Invoice'],
          ['storage path', 'by a rule', 'Archive'],
        ],
      );
      const barcodes = findings(world).find(({ code }) => code === 'barcodes');
      assert.match(barcodes?.message ?? '', /splits files at separator pages, sets serial numbers by barcode:/u);
    });
  }

  scenario('is logged when it appears and when it is settled, and not each hour', { library: three }, async (world) => {
    const made = (await world.replica.person.ask('POST', '/api/workflows/', workflow('Retitle', { trigger: { type: 3 } }))) as { id: number };
    const logged = (): string[] =>
      world.store.logs
        .query({ q: 'Preflight Retitle', limit: 50 })
        .map(({ message }) => message.slice(0, 40))
        .filter((message) => message.startsWith('Preflight'))
        .reverse();
    for (let hours = 0; hours < 3; hours += 1) {
      await world.cycle();
      await world.later(AN_HOUR_MS);
    }
    assert.deepEqual(logged(), ['Preflight: Workflow "Retitle" on replica']);
    const { since } = findings(world)[0] ?? {};
    assert.equal(Date.parse(since ?? '') < world.time.now() - 2 * AN_HOUR_MS, true, 'since when it is so was forgotten');
    await world.replica.person.ask('PATCH', `/api/workflows/${made.id}/`, { enabled: false });
    await world.cycle();
    assert.deepEqual(logged(), ['Preflight: Workflow "Retitle" on replica', 'Preflight: settled: Workflow "Retitle" o']);
    assert.deepEqual(findings(world), []);
  });

  scenario('stops the sync where it trashes, until it is accepted or mended', { library: three }, async (world) => {
    await world.replica.person.ask(
      'POST',
      '/api/workflows/',
      workflow('Shredder', { action: { type: 6, assign_title: null }, trigger: { type: 4 } }),
    );
    assert.match(await refused(world), /"Shredder" on replica-1 runs on a schedule and moves documents to the trash/u);
    assert.deepEqual(codes(world), ['workflow-trashes']);
    assert.throws(() => world.engine.acceptFinding({ replicaId: world.idOf(), code: 'library-shrunken' }, 'anna'), /There is no finding/u);
    world.engine.acceptFinding({ replicaId: world.idOf(), code: 'workflow-trashes' }, 'anna');
    assert.notEqual(findings(world)[0]?.acceptedAt, null);
    assert.equal(world.store.audit.list({ limit: 1 })[0]?.who, 'anna');
    await world.settle();
    world.assertEqual();
  });

  scenario(
    'is told as its own wish where a setting brings it',
    { library: three, settings: { sync_matching: true, sync_inbox_flag: true } },
    async (world) => {
      await world.replica.person.create('tags', { name: 'Inbox', is_inbox_tag: true, matching_algorithm: 1, match: 'x' });
      await world.cycle();
      assert.deepEqual(
        findings(world).map(({ code, severity }) => [code, severity]),
        [
          ['inbox-tags', 'tells'],
          ['matching', 'tells'],
        ],
      );
    },
  );

  scenario('is guessed at nowhere: what a server does not show is said, and stops nothing', { library: three }, async (world) => {
    const body = Buffer.from('{"workflows": "moved"}');
    const headers = { 'content-type': 'application/json', 'x-version': '3.0.5', 'content-length': String(body.length) };
    world.set(() => Promise.resolve({ status: 200, headers, body }), { operation: 'workflows.list' });
    await world.settle();
    assert.deepEqual(codes(world), ['not-visible']);
    world.assertEqual();
  });

  scenario('costs nothing between two looks, and reads alone', { library: three }, async (world) => {
    await world.settle();
    // For a while uploads are watched for a second document.
    await world.later(1_000_000);
    await world.cycle();
    world.replica.forgetRequests();
    await world.cycle();
    assert.deepEqual(world.replica.requests, []);
    await world.later(AN_HOUR_MS);
    await world.cycle();
    assert.deepEqual(world.replica.writes, []);
    assert.equal(world.replica.requests.filter(({ operation }) => operation === 'workflows.list').length, 1);
    assert.equal(world.replica.requests.length <= 16, true, `${world.replica.requests.length} requests`);
  });

  scenario('is looked at again after a failure', { library: three }, async (world) => {
    await world.settle();
    await world.master.person.patch(1, { title: 'Changed' });
    world.set(loginPage, { method: 'PATCH' });
    assert.equal((await world.cycle()).replicas[0]?.outcome, 'failed');
    world.replica.forgetRequests();
    world.master.forgetRequests();
    await world.cycle();
    const looks = (site: Site): number => site.requests.filter(({ operation }) => operation === 'statistics').length;
    assert.deepEqual([looks(world.master), looks(world.replica)], [1, 1]);
  });
});

describe('an instance that lost something', () => {
  onEachPair(
    'a master that shrank stops everything; accepted, it is followed',
    { library: thirty, settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      lose(world.master, (id) => id <= 10);
      await world.later(AN_HOUR_MS);
      assert.match(await refused(world), /The master counts 10 documents where 30 are known/u);
      assert.match(world.engine.master().message ?? '', /pngx preflight --accept library-shrunken/u);
      assert.deepEqual(codes(world, 'master').includes('library-shrunken'), true);
      for (const { code } of findings(world, 'master')) world.engine.acceptFinding({ replicaId: null, code }, 'anna');
      await world.run(world.engine.runUntilSettled({ timeoutMs: 7_200_000, trigger: 'manual', full: true }));
      assert.equal(world.store.registry.masterDocCount(), 10);
      const plan = await world.run(world.engine.plan('deletes', { replicaId: world.idOf() }));
      assert.equal(plan.body.deletes.length, 20, 'more than a run may trash unasked');
      await world.run(world.engine.applyPlan(plan.id, 'anna'));
      world.assertEqual();
      // The next time is a matter of its own.
      await world.later(AN_HOUR_MS);
      await world.cycle();
      assert.deepEqual(findings(world, 'master'), []);
      assert.equal(world.store.settings.fact('accepted:master'), null);
    },
  );

  onEachPair('a replica that shrank is not filled up unasked', { library: thirty }, async (world) => {
    await world.settle();
    lose(world.replica, (id) => id > 20);
    await world.later(AN_HOUR_MS);
    assert.match(await refused(world), /Replica-1 counts 10 documents where 30 are known/u);
    world.engine.acceptFinding({ replicaId: world.idOf(), code: 'library-shrunken' }, 'anna');
    await world.run(world.engine.runUntilSettled({ timeoutMs: 7_200_000, trigger: 'manual', full: true }));
    world.assertEqual();
    await world.later(AN_HOUR_MS);
    await world.cycle();
    assert.deepEqual(findings(world), []);
    assert.equal(world.store.settings.fact(`accepted:replica:${world.idOf()}`), null);
  });

  onEachPair('a master whose times went back stops everything; accepted, the replica follows it', { library: three }, async (world) => {
    await world.settle();
    const row = world.master.instance.store.documents.get(2);
    assert.ok(row);
    const backup = { title: row.title, modified: row.modified };
    await world.master.person.patch(2, { title: 'Changed after the backup' });
    await world.settle();
    Object.assign(row, backup);
    await world.later(AN_HOUR_MS);
    assert.match(await refused(world), /Document 2 was changed on the master at .* and now at .*restored from a backup/u);
    world.engine.acceptFinding({ replicaId: null, code: 'times-went-back' }, 'anna');
    await world.settle();
    world.assertEqual();
  });

  onEachPair('what stops a cycle between two looks can be accepted at once', { library: three }, async (world) => {
    await world.settle();
    const row = world.master.instance.store.documents.get(2);
    assert.ok(row);
    const backup = { title: row.title, modified: row.modified };
    await world.master.person.patch(2, { title: 'Changed after the backup' });
    // Changes within a minute are taken for a race.
    await world.later(120_000);
    await world.master.person.patch(2, { title: 'Changed again' });
    await world.settle();
    Object.assign(row, backup);
    assert.match(await refused(world), /--accept times-went-back/u);
    assert.deepEqual(codes(world, 'master'), ['times-went-back']);
    world.engine.acceptFinding({ replicaId: null, code: 'times-went-back' }, 'anna');
    await world.settle();
    world.assertEqual();
  });

  onEachPair('a master without its newest documents stops everything, unless they lie in its trash', { library: smallLibrary(8) }, async (world) => {
    await world.settle();
    for (const id of [4, 5, 6, 7, 8]) await world.master.person.trash(id);
    await world.later(AN_HOUR_MS);
    await world.cycle();
    assert.deepEqual(findings(world, 'master'), []);
    await world.master.person.emptyTrash();
    await world.later(AN_HOUR_MS);
    assert.match(await refused(world), /The 5 newest documents that we know on the master \(4 to 8\)/u);
    world.engine.acceptFinding({ replicaId: null, code: 'ids-went-back' }, 'anna');
    await world.cycle();
  });

  onEachPair(
    'another replica behind the same address is taken for the replica by a resync',
    { library: smallLibrary([1, 2, 3].map((key) => plainDocument(key))) },
    async (world) => {
      await world.settle();
      for (const row of world.replica.instance.store.documents.all()) row.added += 86_400_000_000;
      await world.later(AN_HOUR_MS);
      assert.match(await refused(world), /not the instance it was/u);
      assert.deepEqual(codes(world), ['another-instance']);
      const plan = await world.run(world.engine.plan('resync', { replicaId: world.idOf() }));
      await world.run(world.engine.applyPlan(plan.id, 'anna'));
      await world.settle();
      world.assertEqual();
      assert.equal(world.replica.instance.store.documents.size, 3, 'something was uploaded again');
    },
  );
});

describe('what is shown and nothing goes by', () => {
  scenario('a clock an hour behind', { library: three }, async (world) => {
    const behind = new Date(world.time.now() - 3_600_000).toUTCString();
    world.replica.instance.hooks.onResponse = (_request, response) => ({ ...response, headers: { ...response.headers, date: behind } });
    await world.settle();
    assert.deepEqual(
      findings(world).map(({ code, message }) => [code, message]),
      [['clock-skew', "The clock of replica-1 is 60 minutes behind this machine's."]],
    );
    assert.equal(preflightOf(world.store.settings, 'replica:1')?.clockSkewSeconds, -3600);
    world.assertEqual();
  });

  scenario(
    "users and groups of the master that aren't on the replica",
    { library: smallLibrary(2, { users: [{ username: 'anna' }, { username: 'ben' }], groups: ['family'] }) },
    async (world) => {
      await world.replica.person.ask('POST', '/api/users/', { username: 'ben' });
      await world.cycle();
      assert.match(findings(world)[0]?.message ?? '', /^1 user \("anna"\) and 1 group \("family"\) of the master are not on replica-1/u);
    },
  );

  scenario('a look that a person asks for, also while nothing answers', { library: three }, async (world) => {
    const good = await world.run(world.engine.preflight({}));
    assert.deepEqual(good, [
      { replicaId: null, error: null },
      { replicaId: world.idOf(), error: null },
    ]);
    world.replica.instance.store.users.all()[0]!.isSuperuser = false;
    const [bad] = await world.run(world.engine.preflight({ replicaId: world.idOf() }));
    assert.equal(bad?.error?.code, 'no-rights');
    assert.deepEqual(codes(world), ['no-rights']);
  });
});
