import assert from 'node:assert/strict';
import { createReader } from '../../../src/paperless/http-client';
import { retryAfterMs } from '../../../src/paperless/retry-after';
import { address, type Answer, fails, html, json, real, scripted } from './support';

const read = (answer: Answer) => createReader(address, scripted([answer]), { version: '3.0.5' }).statistics();

describe('what a refused read means', () => {
  const cases: [string, Answer, Parameters<typeof fails>[1], string, RegExp][] = [
    ["paperless's own login page is a wrong URL, the good token notwithstanding (§2)", real('3 login page'), 'instance', 'login-page', /start page/],
    ['the same of 2.x', real('2 login page'), 'instance', 'login-page', /start page/],
    [
      'a redirect elsewhere is a login proxy',
      html(302, { location: 'https://auth.example.org/login?rd=x&token=1' }),
      'instance',
      'login-page',
      /Authelia/,
    ],
    ['a redirect to https is the wrong scheme', html(301, { location: 'https://paperless.example.org/sub/api/' }), 'instance', 'login-page', /URL/],
    ['a page instead of JSON is a login page', html(200), 'instance', 'login-page', /login proxy/],
    ['401', real('2 bad token'), 'instance', 'token-refused', /superuser/],
    ['403 of the API', real('2 forbidden json'), 'instance', 'no-rights', /superuser/],
    ['403 with a page', html(403), 'instance', 'login-page', /URL/],
    ['404 with a page', html(404), 'instance', 'not-paperless', /URL/],
    ['405', json({ detail: 'Method "GET" not allowed.' }, 405), 'instance', 'not-paperless', /proxy/],
    ['406', real('3 bad version'), 'instance', 'version-unsupported', /2\.20/],
    ['400 with a page is a host that paperless does not know (§2)', html(400), 'instance', 'not-paperless', /PAPERLESS_ALLOWED_HOSTS/],
    ['400 to a read is our fault', json({ modified__gte: ['Enter a valid date/time.'] }, 400), 'instance', 'refused', /report/],
    ['414', html(414), 'instance', 'not-paperless', /8 kB/],
    ['429 with a time (§2)', real('throttled'), 'retry-after', 'throttled', /rate limit/],
    ['429 without one', json({}, 429), 'retry', 'throttled', /rate limit/],
    ['500 passes', real('3 server error'), 'retry', 'server-error', /log/],
    ['503 with a time', html(503, { 'retry-after': '7' }), 'retry-after', 'server-error', /log/],
  ];
  for (const [title, answer, errorClass, code, nextStep] of cases)
    it(title, async () => {
      const error = await fails(read(answer), errorClass, code);
      assert.match(error.nextStep, nextStep);
      assert.match(error.message, /replica-a/);
      assert.equal(error.status, answer.status);
      assert.ok(!/doctype|rd=x/.test(error.message + error.nextStep), 'no page and no query in a message');
    });

  it('names https when only the scheme is wrong', async () => {
    const plain = createReader(
      { ...address, url: 'http://paperless.example.org' },
      scripted([html(308, { location: 'https://paperless.example.org/api/statistics/' })]),
      {
        version: '3.0.5',
      },
    );
    assert.match((await fails(plain.statistics(), 'instance', 'url-invalid')).nextStep, /https/);
  });

  it('names the wrong type of a key', async () => {
    assert.match((await fails(read(json({ documents_total: 'many' })), 'instance', 'unexpected-answer')).message, /documents_total/);
  });

  it('says so when JSON ends in its middle', async () => {
    await fails(read({ ...json(null), json: undefined, text: '{"documents_total": 1' }), 'instance', 'unexpected-answer');
  });
});

describe('Retry-After', () => {
  it("is seconds, or a date on the server's own clock", () => {
    assert.equal(retryAfterMs({ 'retry-after': '55' }), 55_000);
    assert.equal(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 08:00:30 GMT', date: 'Sat, 21 Nov 2026 08:00:00 GMT' }), 30_000);
    assert.equal(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 08:00:00 GMT', date: 'Sat, 21 Nov 2026 08:00:30 GMT' }), 0);
    const none: Record<string, string>[] = [{}, { 'retry-after': '' }, { 'retry-after': 'soon' }, { 'retry-after': 'Sat, 21 Nov 2026 08:00:30 GMT' }];
    for (const bad of none) assert.equal(retryAfterMs(bad), null);
  });
});
