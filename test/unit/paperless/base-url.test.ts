import assert from 'node:assert/strict';
import { parseInstanceUrl } from '../../../src/paperless/base-url';
import { guarded } from '../../../src/paperless/guarded-lookup';
import { requestLabel } from '../../../src/paperless/request-label';
import { fails } from './support';

describe("an instance's URL", () => {
  for (const [text, url, origin, basePath] of [
    ['https://paperless.example.org', 'https://paperless.example.org', 'https://paperless.example.org', ''],
    [' http://10.0.0.5:8000/ ', 'http://10.0.0.5:8000', 'http://10.0.0.5:8000', ''],
    ['https://example.org/paperless/', 'https://example.org/paperless', 'https://example.org', '/paperless'],
    ['https://example.org/a/b//', 'https://example.org/a/b', 'https://example.org', '/a/b'],
    ['HTTP://LocalHost:80/', 'http://localhost', 'http://localhost', ''],
    ['http://[fd7a:115c::1]:8000', 'http://[fd7a:115c::1]:8000', 'http://[fd7a:115c::1]:8000', ''],
    ['http://100.101.102.103:8000', 'http://100.101.102.103:8000', 'http://100.101.102.103:8000', ''],
  ] as const)
    it(`"${text}" is taken apart; a sub-path is kept (§16)`, () => {
      assert.deepEqual(parseInstanceUrl(text), { url, origin, basePath });
    });

  for (const [text, pattern] of [
    ['', /empty/],
    ['paperless.example.org:8000', /http:\/\//],
    ['ftp://example.org', /ftp/],
    ['http://', /can't be read/],
    ['https://user:hunter2@example.org', /user name or a password/],
    ['https://example.org/?token=hunter2', /query/],
    ['https://example.org/api/', /\/api/],
    ['https://example.org/paperless/api/documents/', /\/api/],
  ] as const)
    it(`"${text}" is refused, saying why`, async () => {
      const error = await fails(() => parseInstanceUrl(text), 'instance', 'url-invalid');
      assert.match(error.message, pattern);
      assert.ok(!(error.message + error.nextStep).includes('hunter2'));
    });

  for (const text of [
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]:8000',
    'http://[fd00:ec2::254]/',
    'http://metadata.google.internal/',
    'http://100.100.100.200/',
  ])
    it(`${text} is a link-local or metadata address and refused`, async () => {
      await fails(() => parseInstanceUrl(text), 'instance', 'address-forbidden');
    });
});

describe('a name that resolves to', () => {
  const resolving =
    (...addresses: string[]): Parameters<typeof guarded>[0] =>
    (_name, options, callback) =>
      options.all === true
        ? callback(
            null,
            addresses.map((address) => ({ address, family: 4 })),
            0,
          )
        : callback(null, addresses[0]!, 4);
  const look = (all: boolean, ...addresses: string[]) =>
    new Promise((resolve, reject) => {
      guarded(resolving(...addresses))('paperless.lan', { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
    });

  it('a metadata address is refused when it is connected to, however harmless it was when typed', async () => {
    await fails(look(true, '10.0.0.5', '169.254.169.254'), 'instance', 'address-forbidden');
    await fails(look(false, '169.254.169.254'), 'instance', 'address-forbidden');
  });

  it('a private address is fine', async () => {
    assert.equal(await look(false, '10.0.0.5'), '10.0.0.5');
    assert.deepEqual(await look(true, '10.0.0.5'), [{ address: '10.0.0.5', family: 4 }]);
  });
});

describe('a request in a message', () => {
  it('shows ids as {id} and no query', () => {
    assert.equal(requestLabel('GET', '/api/documents/12/notes/?id=5'), 'GET /api/documents/{id}/notes/');
    assert.equal(requestLabel('GET', '/api/documents/?title__icontains=secret'), 'GET /api/documents/');
  });
});
