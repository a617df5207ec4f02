import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowSecret, rewrapFlowSecret } from '../../nodes/appliance/flow-secret';
import { refusal } from '../../nodes/appliance/guard';
import { hashOf, installFlow, mergeFlow, type FlowNode } from '../../nodes/appliance/install-flow';
import { logLine } from '../../nodes/appliance/log';
import { applianceSettings } from '../../nodes/appliance/settings';
import { secretKey } from './runtime';

const otherKey = `${Buffer.alloc(32, 9).toString('base64url')}=`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pngx-appliance-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('who may ask while there is no login', () => {
  const here = { address: '127.0.0.1', method: 'GET', headers: { host: 'localhost:8000' } };
  const code = (change: object, write = false): string | null => refusal({ ...here, ...change }, write)?.code ?? null;

  it('this machine, by any of its own names', () => {
    assert.equal(code({}), null);
    assert.equal(code({ address: '::1', headers: { host: '[::1]:8000' } }), null);
    assert.equal(code({ address: '::ffff:127.0.0.1', headers: { host: '127.0.0.1' } }), null);
    assert.equal(code({ headers: { host: 'pngx.localhost:8000' } }), null);
  });

  it('nobody else, by address, by name, or through a proxy', () => {
    assert.equal(code({ address: '192.168.1.5' }), 'not-loopback');
    assert.equal(code({ address: '::ffff:100.64.0.9' }), 'not-loopback');
    assert.equal(code({ address: undefined }), 'not-loopback');
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:8000', '', undefined])
      assert.equal(code({ headers: { host } }), 'foreign-host', String(host));
    assert.equal(code({ headers: { host: 'localhost', 'x-forwarded-for': '127.0.0.1' } }), 'through-proxy');
  });

  it('no page of another site for what changes something', () => {
    const from = (origin: string): object => ({ headers: { host: 'localhost:8000', origin } });
    assert.equal(code(from('http://localhost:8000'), true), null);
    for (const origin of ['http://evil.example', 'http://localhost:9000', 'null']) assert.equal(code(from(origin), true), 'foreign-origin', origin);
    assert.equal(code(from('http://evil.example')), null);
  });

  it('and says what to do instead', () => assert.match(refusal({ ...here, address: '10.0.0.1' }, false)?.nextStep ?? '', /ssh -L/));
});

describe('a flow that was changed, and a package that changes', () => {
  const node = (id: string, z: string | undefined, value: number): FlowNode => ({ id, type: 'x', ...(z === undefined ? {} : { z }), value });
  const tab = (id: string, value = 1): FlowNode[] => [{ id, type: 'tab', label: id }, node(`${id}-a`, id, value)];
  const ids = (flow: readonly FlowNode[]): string[] => flow.map(({ id }) => id).sort();

  it('starts with what is shipped', () => {
    const merge = mergeFlow([...tab('sync'), ...tab('api')], [], {});
    assert.deepEqual(ids(merge.flow), ['api', 'api-a', 'sync', 'sync-a']);
    assert.deepEqual(Object.keys(merge.shipped).sort(), ['api', 'sync']);
  });

  it('follows the package in tabs that nobody changed, and keeps those that somebody did', () => {
    const first = mergeFlow([...tab('sync'), ...tab('api')], [], {});
    const changed = first.flow.map((each) => (each.id === 'sync-a' ? { ...each, value: 99 } : each));
    const next = mergeFlow([...tab('sync', 2), ...tab('api', 2)], changed, first.shipped);
    assert.equal(next.flow.find(({ id }) => id === 'sync-a')?.['value'], 99);
    assert.equal(next.flow.find(({ id }) => id === 'api-a')?.['value'], 2);
    assert.deepEqual([next.kept, next.updated], [['sync'], ['api']]);
    // Put back as it was shipped then, it follows again.
    const back = next.flow.map((each) => (each.id === 'sync-a' ? { ...each, value: 1 } : each));
    assert.equal(mergeFlow(tab('sync', 2), back, next.shipped).flow.find(({ id }) => id === 'sync-a')?.['value'], 2);
  });

  it("does not bring back a tab that was deleted, adds one that is new, and leaves the user's own alone", () => {
    const first = mergeFlow([...tab('sync'), ...tab('api')], [], {});
    const theirs = [...first.flow.filter(({ id, z }) => id !== 'api' && z !== 'api'), ...tab('mine')];
    const next = mergeFlow([...tab('sync'), ...tab('api', 2), ...tab('new')], theirs, first.shipped);
    assert.deepEqual(ids(next.flow), ['mine', 'mine-a', 'new', 'new-a', 'sync', 'sync-a']);
  });

  it('takes away an untouched tab that the package no longer has, and nothing that was touched', () => {
    const first = mergeFlow([...tab('old'), ...tab('older')], [], {});
    const theirs = first.flow.map((each) => (each.id === 'older-a' ? { ...each, value: 5 } : each));
    assert.deepEqual(ids(mergeFlow(tab('sync'), theirs, first.shipped).flow), ['older', 'older-a', 'sync', 'sync-a']);
  });

  it('never takes a tab of the same id for its own that it did not put there', () => {
    const theirs = tab('sync', 7);
    assert.equal(mergeFlow(tab('sync', 2), theirs, {}).flow.find(({ id }) => id === 'sync-a')?.['value'], 7);
  });

  it('keeps following the package when a start was cut off before it could note what it had put there', () => {
    const first = mergeFlow([...tab('sync'), ...tab('api')], [], {});
    const next = mergeFlow([...tab('sync', 2), ...tab('new')], first.flow, first.shipped);
    for (const noted of [{}, first.shipped]) {
      const again = mergeFlow([...tab('sync', 2), ...tab('new')], next.flow, noted);
      assert.deepEqual([again.updated, again.kept, again.shipped['sync']], [[], [], next.shipped['sync']]);
      assert.equal(mergeFlow(tab('sync', 3), again.flow, again.shipped).flow.find(({ id }) => id === 'sync-a')?.['value'], 3);
    }
  });

  it('sees no change in the order of nodes and properties', () => {
    assert.equal(
      hashOf([{ id: 'a', type: 't', x: 1 }, node('b', 'a', 2)]),
      hashOf([
        { value: 2, z: 'a', type: 'x', id: 'b' },
        { x: 1, type: 't', id: 'a' },
      ]),
    );
  });

  it('is written whole, with what was there before beside it, and not touched when nothing changed', () => {
    const packaged = join(folder, 'packaged.json');
    writeFileSync(packaged, JSON.stringify(tab('sync')));
    installFlow(packaged, folder);
    const flows = join(folder, 'flows.json');
    const first = statSync(flows).ino;
    assert.deepEqual(installFlow(packaged, folder).updated, []);
    assert.equal(statSync(flows).ino, first);
    assert.ok(!existsSync(join(folder, 'flows.before-update.json')));
    writeFileSync(packaged, JSON.stringify(tab('sync', 2)));
    installFlow(packaged, folder);
    assert.equal((JSON.parse(readFileSync(flows, 'utf8')) as FlowNode[])[1]?.['value'], 2);
    assert.equal((JSON.parse(readFileSync(join(folder, 'flows.before-update.json'), 'utf8')) as FlowNode[])[1]?.['value'], 1);
  });

  it("is left alone when it can't be read", () => {
    const packaged = join(folder, 'packaged.json');
    writeFileSync(packaged, JSON.stringify(tab('sync')));
    writeFileSync(join(folder, 'flows.json'), '{ broken');
    assert.throws(() => installFlow(packaged, folder), /flows\.json can't be read/);
    assert.equal(readFileSync(join(folder, 'flows.json'), 'utf8'), '{ broken');
  });
});

describe("the secret of the flow's credentials", () => {
  it('is made once, for its owner alone, and hidden under SECRET_KEY', () => {
    const secret = flowSecret(folder, secretKey);
    assert.match(secret, /^[0-9a-f]{64}$/);
    assert.equal(flowSecret(folder, secretKey), secret);
    const file = join(folder, 'flow-secret');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const bytes = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
    assert.ok(!bytes.includes(Buffer.from(secret, 'hex')));
  });

  it('is refused under another key, moves to one when told, and is not made anew meanwhile', () => {
    const secret = flowSecret(folder, secretKey);
    assert.throws(() => flowSecret(folder, otherKey), /can't be read with this SECRET_KEY/);
    rewrapFlowSecret(folder, secretKey, otherKey);
    assert.equal(flowSecret(folder, otherKey), secret);
    assert.throws(() => rewrapFlowSecret(folder, secretKey, otherKey), /can't be read/);
    rmSync(join(folder, 'flow-secret'));
    rewrapFlowSecret(folder, secretKey, otherKey);
    assert.ok(!existsSync(join(folder, 'flow-secret')));
  });
});

describe("the appliance's settings", () => {
  const settings = (change: Record<string, string> = {}): ReturnType<typeof applianceSettings> =>
    applianceSettings({ SECRET_KEY: secretKey, DATA_DIR: folder, ...change });

  it('listen on this machine at 8000, without editor or admin API, and install nothing', () => {
    const made = settings();
    assert.deepEqual([made.uiHost, made.uiPort, made.httpAdminRoot], ['127.0.0.1', 8000, false]);
    assert.equal('adminAuth' in made, false);
    assert.deepEqual(made.externalModules.palette, { allowInstall: false, allowUpdate: false, allowUpload: false });
    assert.equal(made.dashboard.ioMiddleware.length, 1);
    assert.equal(made.database, join(folder, 'db.sqlite3'));
    assert.ok(existsSync(join(folder, 'node-red', 'flows.json')));
  });

  it('have an editor with its own password when that is given', () => {
    const made = settings({ EDITOR_PASSWORD_HASH: `$2b$08$${'a'.repeat(53)}`, PORT: '8123' });
    assert.equal(made.httpAdminRoot, '/editor');
    assert.equal(made.uiPort, 8123);
    assert.ok('adminAuth' in made && made.adminAuth.users[0]?.username === 'admin');
  });

  for (const [what, change, said] of [
    ['no key', { SECRET_KEY: '' }, /SECRET_KEY is (not set|missing)/],
    ['a key that is none', { SECRET_KEY: 'hunter2' }, /SECRET_KEY/],
    ['another address to listen on', { PNGX_HOST: '0.0.0.0' }, /no login yet/],
    ['a port that is none', { PORT: 'eighty' }, /PORT is "eighty"/],
    ['a password in clear', { EDITOR_PASSWORD_HASH: 'hunter2' }, /not a bcrypt hash/],
    ['a database of another kind', { DATABASE_URL: 'postgres://u:hunter2@h/d' }, /SQLite/],
  ] as const) {
    it(`refuse ${what} with a sentence, a next step and no secret`, () => {
      try {
        settings(change);
        assert.fail('it was accepted');
      } catch (error) {
        assert.ok(error instanceof Error && 'nextStep' in error && typeof error.nextStep === 'string');
        assert.match(error.message, said);
        assert.ok(error.nextStep.length > 0);
        assert.ok(!`${error.message}${error.nextStep}`.includes('hunter2'));
      }
    });
  }

  it("refuse a folder that can't be made", () => {
    writeFileSync(join(folder, 'file'), '');
    assert.throws(() => settings({ DATA_DIR: join(folder, 'file', 'data') }), /can't be written \(ENOTDIR\)/);
    mkdirSync(join(folder, 'db.sqlite3'));
    assert.throws(() => settings(), /db\.sqlite3/);
  });
});

describe('a log line', () => {
  it("is one line of JSON in the shape of the controller's own", () => {
    const line = logLine({ level: 30, msg: 'two\nlines', timestamp: Date.UTC(2026, 2, 20), type: 'inject', id: 'n1' });
    assert.deepEqual(JSON.parse(line), {
      ts: '2026-03-20T00:00:00.000Z',
      level: 'warning',
      replica: null,
      doc_id: null,
      msg: 'two\nlines',
      node: 'inject',
      node_name: 'n1',
    });
    assert.ok(!line.includes('\n'));
  });

  it('takes whatever a node logs', () => {
    const said = (msg: unknown): unknown => (JSON.parse(logLine({ level: 20, msg })) as { msg: unknown }).msg;
    assert.match(String(said(new TypeError('broken'))), /^TypeError: broken/);
    assert.equal(said({ a: 1 }), '{"a":1}');
    assert.equal(said(undefined), '');
    const round: Record<string, unknown> = {};
    round['self'] = round;
    assert.equal(typeof said(round), 'string');
  });
});
