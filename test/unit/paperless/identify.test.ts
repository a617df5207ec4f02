import assert from 'node:assert/strict';
import { capabilitiesOf } from '../../../src/paperless/capabilities';
import { createReader, createWriter } from '../../../src/paperless/http-client';
import { address, fails, html, json, real, scripted, token } from './support';

const ui = (version: string | undefined, superuser = true) =>
  json({ user: { id: 7, username: 'sync', is_superuser: superuser, groups: [] }, settings: { version }, permissions: [] });

describe('identify', () => {
  for (const [fixture, version, api] of [
    ['2 ui_settings', '2.20.15', 9],
    ['3 ui_settings', '3.0.5', 10],
  ] as const) {
    it(`knows ${version} and speaks API ${api} to it from then on`, async () => {
      const transport = scripted([real(fixture), real(`${fixture[0]} statistics`)]);
      const reader = createReader(address, transport);
      const identity = await reader.identify();
      assert.equal(identity.version, version);
      assert.deepEqual([identity.username, identity.superuser], ['admin', true]);
      assert.equal(reader.capabilities.api, api);
      await reader.statistics();
      assert.equal(transport.requests[1]!.headers['accept'], `application/json; version=${api}`);
    });
  }

  it('asks with version=9, the one that 2.16 to 3.0 all take (§1)', async () => {
    const transport = scripted([real('3 ui_settings')]);
    await createReader(address, transport).identify();
    assert.equal(transport.requests[0]!.path, '/api/ui_settings/');
    assert.equal(transport.requests[0]!.headers['accept'], 'application/json; version=9');
    assert.equal(transport.requests[0]!.headers['authorization'], `Token ${token}`);
  });

  it('asks with version=10 when 9 is gone: a 406 comes before everything else and says no version (§1)', async () => {
    const transport = scripted([real('3 bad version'), ui('3.4.0')]);
    const reader = createReader(address, transport);
    await reader.identify();
    assert.equal(transport.requests[1]!.headers['accept'], 'application/json; version=10');
    assert.equal(reader.capabilities.untested, true);
  });

  it('refuses a server that takes neither', async () => {
    await fails(createReader(address, scripted([real('2 bad version'), real('2 bad version')])).identify(), 'instance', 'version-unsupported');
  });

  it('refuses versions below 2.20, and takes 2.16 to 2.19 as untested when told to', async () => {
    await fails(createReader(address, scripted([ui('2.18.4')])).identify(), 'instance', 'version-unsupported');
    const reader = createReader(address, scripted([ui('2.18.4')]), { allowUntested: true });
    await reader.identify();
    assert.equal(reader.capabilities.untested, true);
    for (const version of ['2.15.3', '1.17.4', '4.0.0', 'nonsense'])
      await fails(createReader(address, scripted([ui(version)]), { allowUntested: true }).identify(), 'instance', 'version-unsupported');
  });

  it('takes the version from X-Version when the settings are silent', async () => {
    const answer = ui(undefined);
    answer.headers['x-version'] = '2.20.3';
    assert.equal((await createReader(address, scripted([answer])).identify()).version, '2.20.3');
    await fails(createReader(address, scripted([ui(undefined)])).identify(), 'instance', 'not-paperless');
  });

  it("tells that a token isn't a superuser's: others see a part, and nothing in a list says so (§2)", async () => {
    assert.equal((await createReader(address, scripted([ui('3.0.5', false)])).identify()).superuser, false);
  });

  it('refuses other software that answers JSON, naming the key that is missing', async () => {
    const error = await fails(createReader(address, scripted([json({ message: 'API running.' })])).identify(), 'instance', 'unexpected-answer');
    assert.match(error.message, /"user"/);
  });

  it('tells a login page, a refused token and missing rights apart', async () => {
    await fails(createReader(address, scripted([html(200)])).identify(), 'instance', 'login-page');
    await fails(createReader(address, scripted([real('3 bad token')])).identify(), 'instance', 'token-refused');
    await fails(createReader(address, scripted([real('3 forbidden json')])).identify(), 'instance', 'no-rights');
  });

  it('comes first: capabilities are unknown before it', () => {
    assert.throws(() => createReader(address, scripted([])).capabilities, /identify\(\) comes first/);
    assert.equal(createReader(address, scripted([]), { version: '3.0.5' }).capabilities.api, 10);
  });

  it('takes no token that is none', async () => {
    for (const bad of ['', ' ', 'a b', 'tökèn', 'a\r\nX-Evil: 1'])
      await fails(() => createReader({ ...address, token: bad }, scripted([])), 'instance', 'token-invalid');
  });
});

describe('capabilities', () => {
  it('differ between the majors as measured', () => {
    const two = capabilitiesOf('2.20.15');
    const three = capabilitiesOf('3.0.5');
    assert.deepEqual(
      [two.checksum, two.versions, two.identicalBytes, two.pagedTasks, two.listCarriesAllIds, two.foldsFileNames],
      ['md5', false, false, false, true, false],
    );
    assert.deepEqual(
      [three.checksum, three.versions, three.identicalBytes, three.pagedTasks, three.listCarriesAllIds, three.foldsFileNames],
      ['sha256', true, true, true, false, true],
    );
    assert.deepEqual([two.untested, three.untested], [false, false]);
  });

  it('hold a range of `created` that 3.x stores without a 500 (§8)', () => {
    const { min, max } = capabilitiesOf('3.0.5').createdRange;
    assert.ok(min > '1677' && max < '2262-04-11' && min < '1899-01-01');
  });

  it('are told as untested for what nobody tried', () => {
    for (const version of ['3.1.0', '3.0.6-beta.1', 'v3.2.0']) assert.equal(capabilitiesOf(version).untested, true, version);
  });
});

describe('a reader', () => {
  it('has no way to write, not even behind its type', () => {
    const reader = createReader(address, scripted([]), { version: '3.0.5' });
    const writer = createWriter(address, scripted([]), { version: '3.0.5' });
    const names = (o: object): string[] =>
      o === Object.prototype ? [] : [...Object.getOwnPropertyNames(o), ...names(Object.getPrototypeOf(o) as object)];
    const more = names(writer).filter((name) => !names(reader).includes(name));
    assert.deepEqual(more.sort(), [
      'acknowledgeTasks',
      'addNote',
      'createCustomField',
      'createTag',
      'createTaxon',
      'deleteNote',
      'deleteVersion',
      'eraseTrashed',
      'labelVersion',
      'openTasks',
      'patchCustomField',
      'patchDocument',
      'patchTag',
      'patchTaxon',
      'patchVersionContent',
      'restoreDocument',
      'task',
      'trashDocument',
      'upload',
      'uploadVersion',
    ]);
  });

  it('closes its transport', async () => {
    const transport = scripted([]);
    await createReader(address, transport).close();
    assert.equal(transport.closed, true);
  });
});
