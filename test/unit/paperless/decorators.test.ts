import assert from 'node:assert/strict';
import { PaperlessError } from '../../../src/paperless/errors';
import { withLimit } from '../../../src/paperless/limit';
import { type ExchangeFacts, withMetrics } from '../../../src/paperless/metrics';
import { type RecordedExchange, withRecorder } from '../../../src/paperless/record';
import { withRetry } from '../../../src/paperless/retry';
import { stack } from '../../../src/paperless/stack';
import type { Transport, TransportRequest, TransportResponse } from '../../../src/paperless/transport';
import { bytesBody } from '../../../src/paperless/body';
import { type Answer, fails, fakeClock, html, json, respond, scripted, token } from './support';

const get = (more: Partial<TransportRequest> = {}): TransportRequest => ({
  method: 'GET',
  path: '/api/documents/5/?page=1',
  headers: { authorization: `Token ${token}` },
  idleTimeoutMs: 1000,
  operation: 'documents.get',
  repeatable: true,
  ...more,
});
const lost = () => new PaperlessError({ class: 'retry', code: 'connection-lost', message: 'The connection broke.', nextStep: 'Again, please.' });
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function text(response: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A transport whose answers or errors come one after the other. */
function sequence(...steps: (Answer | Error | TransportResponse)[]): Transport & { sent: number; responses: TransportResponse[] } {
  const responses: TransportResponse[] = [];
  return {
    sent: 0,
    responses,
    send() {
      const step = steps[this.sent];
      this.sent += 1;
      assert.ok(step, 'one request more than expected');
      if (step instanceof Error) return Promise.reject(step);
      const response = 'body' in step ? step : respond(step);
      responses.push(response);
      return Promise.resolve(response);
    },
    close: () => Promise.resolve(),
  };
}

describe('retries', () => {
  function retrying(inner: Transport, random = 0.5, longestHoldMs?: number) {
    const slept: number[] = [];
    const sleep = (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    };
    return { slept, transport: withRetry(inner, { sleep, random: () => random, ...(longestHoldMs === undefined ? {} : { longestHoldMs }) }) };
  }

  it('come after 2, 4 and 8 s, then the error stands', async () => {
    const inner = sequence(lost(), lost(), lost(), lost());
    const { transport, slept } = retrying(inner);
    await fails(transport.send(get()), 'retry', 'connection-lost');
    assert.deepEqual([slept, inner.sent], [[2000, 4000, 8000], 4]);
  });

  it('are spread by a quarter either way', async () => {
    for (const [random, first] of [
      [0, 1500],
      [0.999999, 2500],
    ] as const) {
      const { transport, slept } = retrying(sequence(html(500), json(1)), random);
      assert.equal((await transport.send(get())).status, 200);
      assert.deepEqual(slept, [first]);
    }
  });

  for (const status of [429, 500, 502, 503, 504])
    it(`answer ${status} to a read, whose connection is given back meanwhile`, async () => {
      const inner = sequence(html(status), json('there'));
      const { transport } = retrying(inner);
      assert.equal(await text(await transport.send(get())), '"there"');
      assert.equal((inner.responses[0] as { discarded?: boolean }).discarded, true);
    });

  it('end with the last answer, which the client explains', async () => {
    const { transport } = retrying(sequence(html(500), html(500), html(500), html(502)));
    assert.equal((await transport.send(get())).status, 502);
  });

  it('wait as long as Retry-After says, and never shorter than their own time', async () => {
    const { transport, slept } = retrying(sequence(html(503, { 'retry-after': '30' }), html(429, { 'retry-after': '1' }), json(1)));
    await transport.send(get());
    assert.deepEqual(slept, [30_000, 4000]);
  });

  it('hand a Retry-After up that is too long to wait for here', async () => {
    const { transport, slept } = retrying(sequence(html(429, { 'retry-after': '61' })));
    assert.equal((await transport.send(get())).status, 429);
    assert.deepEqual(slept, []);
  });

  it('never happen to a write: 3.x would take the same upload twice (§6)', async () => {
    for (const step of [html(500), html(503, { 'retry-after': '1' }), html(429)])
      assert.ok((await retrying(sequence(step)).transport.send(get({ method: 'POST', repeatable: false }))).status >= 400);
    await fails(retrying(sequence(lost())).transport.send(get({ method: 'PATCH', repeatable: false })), 'retry');
  });

  it('never happen to what is not passing', async () => {
    for (const status of [200, 302, 400, 401, 403, 404, 406, 413])
      assert.equal((await retrying(sequence(html(status))).transport.send(get())).status, status);
    for (const errorClass of ['instance', 'aborted', 'unknown-outcome'] as const) {
      const error = new PaperlessError({ class: errorClass, code: 'x', message: 'Something lasting.', nextStep: 'Look at it.' });
      await fails(retrying(sequence(error)).transport.send(get()), errorClass);
    }
  });

  it('cover an answer that breaks in its middle when it is read whole anyway', async () => {
    const broken: TransportResponse = {
      ...respond(json('x')),
      body: (async function* () {
        await Promise.resolve();
        yield Buffer.from('"ha');
        throw lost();
      })(),
    };
    const { transport } = retrying(sequence(broken, json('whole')));
    assert.equal(await text(await transport.send(get({ whole: true }))), '"whole"');
  });

  it('stop waiting when the caller gives up', async () => {
    const given = new AbortController();
    const inner = sequence(lost());
    const transport = withRetry(inner, {
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('woken')));
          given.abort();
        }),
      random: () => 0,
    });
    await fails(transport.send(get({ signal: given.signal })), 'aborted');
    assert.equal(inner.sent, 1);
  });
});

describe('the limit', () => {
  /** Answers only when told. */
  function held(): Transport & { waiting: ((answer: Answer | Error) => void)[] } {
    const waiting: ((answer: Answer | Error) => void)[] = [];
    return {
      waiting,
      send: () =>
        new Promise((resolve, reject) => {
          waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(respond(answer))));
        }),
      close: () => Promise.resolve(),
    };
  }
  const run = async (
    transport: Transport,
    answer: Answer | Error,
    inner: ReturnType<typeof held>,
    elapse: () => void = () => undefined,
    request = get(),
  ) => {
    const sent = transport.send(request).then((r) => r.discard());
    await settled();
    elapse();
    inner.waiting.shift()?.(answer);
    await sent.catch(() => undefined);
  };

  it('lets no more through than it says, and the next only when a body is over', async () => {
    const inner = held();
    const limit = withLimit(inner, { max: 2, now: () => 0 });
    const sent = [limit.send(get()), limit.send(get()), limit.send(get())];
    await settled();
    assert.equal(inner.waiting.length, 2);
    inner.waiting[0]!(json('a'));
    const first = await sent[0]!;
    await settled();
    assert.equal(inner.waiting.length, 2, 'its body is still open');
    await text(first);
    await settled();
    assert.equal(inner.waiting.length, 3);
    inner.waiting[1]!(lost());
    inner.waiting[2]!(json('c'));
    await fails(sent[1]!, 'retry');
    await (await sent[2]!).discard();
  });

  it('halves on 429, 5xx and lost connections, once for one overload, and never below 1', async () => {
    for (const trouble of [html(429), html(503), lost()]) {
      const clock = fakeClock();
      const inner = held();
      const limit = withLimit(inner, { max: 8, now: clock.now });
      await run(limit, trouble, inner);
      assert.equal(limit.concurrency, 4);
      await run(limit, trouble, inner);
      assert.equal(limit.concurrency, 4, 'within the same second');
      for (const expected of [2, 1, 1]) {
        clock.advance(2000);
        await run(limit, trouble, inner);
        assert.equal(limit.concurrency, expected);
      }
    }
  });

  it('goes up one after twenty good answers, never above its setting', async () => {
    const inner = held();
    const changes: number[] = [];
    const limit = withLimit(inner, { max: 2, now: () => 0, onChange: (n) => changes.push(n) });
    await run(limit, html(500), inner);
    for (let i = 0; i < 19; i += 1) await run(limit, json(1), inner);
    assert.equal(limit.concurrency, 1);
    for (let i = 0; i < 60; i += 1) await run(limit, json(1), inner);
    assert.deepEqual(changes, [1, 2]);
  });

  it('goes down one when answers of one kind take thrice as long as its best', async () => {
    const clock = fakeClock();
    const inner = held();
    const limit = withLimit(inner, { max: 4, now: clock.now });
    await run(limit, json(1), inner, () => clock.advance(500));
    await run(limit, json(1), inner, () => clock.advance(1400));
    assert.equal(limit.concurrency, 4);
    await run(limit, json(1), inner, () => clock.advance(2000));
    assert.equal(limit.concurrency, 3);
    clock.advance(5000);
    await run(limit, json(1), inner, () => clock.advance(9000), get({ operation: 'documents.walk' }));
    assert.equal(limit.concurrency, 3, 'another kind of request has its own best');
    const big = { length: 50_000_000, open: () => bytesBody(Buffer.alloc(0)).open() };
    for (const ms of [10, 9000]) await run(limit, json(1), inner, () => clock.advance(ms), get({ operation: 'documents.upload', body: big }));
    assert.equal(limit.concurrency, 3, 'a big upload may take its time');
  });

  it('does not take an error of the document for an overload', async () => {
    const inner = held();
    const limit = withLimit(inner, { max: 4, now: () => 0 });
    for (const answer of [html(400), html(404), html(302)]) await run(limit, answer, inner);
    assert.equal(limit.concurrency, 4);
  });

  it('forgets who gives up while waiting', async () => {
    const inner = held();
    const limit = withLimit(inner, { max: 1, now: () => 0 });
    const first = limit.send(get());
    const given = new AbortController();
    const second = limit.send(get({ signal: given.signal }));
    await settled();
    given.abort();
    await fails(second, 'aborted');
    await fails(limit.send(get({ signal: given.signal })), 'aborted');
    inner.waiting[0]!(json(1));
    await (await first).discard();
    await settled();
    assert.equal(inner.waiting.length, 1);
  });

  it('frees the slot of who gives up with a body half read', async () => {
    const inner = held();
    const limit = withLimit(inner, { max: 1, now: () => 0 });
    const given = new AbortController();
    const first = limit.send(get({ signal: given.signal }));
    await settled();
    inner.waiting[0]!(json(1));
    await first;
    const second = limit.send(get());
    await settled();
    assert.equal(inner.waiting.length, 1);
    given.abort();
    await settled();
    assert.equal(inner.waiting.length, 2);
    inner.waiting[1]!(json(2));
    await (await second).discard();
  });

  it('may hold for some requests only: PATCHes one at a time', async () => {
    const inner = held();
    const limit = withLimit(inner, { max: 1, now: () => 0, fixed: true, applies: (r) => r.method === 'PATCH' });
    const all = [limit.send(get()), limit.send(get()), limit.send(get({ method: 'PATCH' })), limit.send(get({ method: 'PATCH' }))];
    await settled();
    assert.equal(inner.waiting.length, 3);
    for (let i = 0; i < 4; i += 1) {
      inner.waiting[i]!(html(500));
      await (await all[i]!).discard();
      await settled();
    }
    assert.equal(limit.concurrency, 1);
  });

  it('refuses a setting that lets nothing through', () => {
    for (const max of [0, -1, 1.5]) assert.throws(() => withLimit(held(), { max, now: () => 0 }), RangeError);
  });
});

describe('counting', () => {
  it('tells operation, status, bytes both ways and times, once, when the body is over', async () => {
    const clock = fakeClock();
    const facts: ExchangeFacts[] = [];
    const transport = withMetrics(scripted([json('hello')]), { exchange: (f) => facts.push(f) }, clock.now);
    const response = await transport.send(get({ method: 'POST', body: bytesBody(Buffer.from('12345')) }));
    assert.equal(facts.length, 0);
    clock.advance(70);
    await text(response);
    await response.discard();
    assert.deepEqual(facts, [
      { operation: 'documents.get', method: 'POST', status: 200, error: null, bytesOut: 5, bytesIn: 7, headersMs: 0, durationMs: 70 },
    ]);
  });

  it('tells failures by their class, before and within a body', async () => {
    const facts: ExchangeFacts[] = [];
    const broken: TransportResponse = {
      ...respond(json('x')),
      body: (async function* () {
        await Promise.resolve();
        yield Buffer.from('half');
        throw lost();
      })(),
    };
    const transport = withMetrics(sequence(lost(), broken), { exchange: (f) => facts.push(f) }, () => 0);
    await fails(transport.send(get()), 'retry');
    await fails(async () => text(await transport.send(get())), 'retry');
    assert.deepEqual(
      facts.map((f) => [f.status, f.error, f.bytesIn]),
      [
        [null, 'retry', 0],
        [200, 'retry', 4],
      ],
    );
  });
});

describe('recording', () => {
  it('keeps an exchange without the token, its texts cut', async () => {
    const kept: RecordedExchange[] = [];
    const transport = withRecorder(scripted([json({ a: 'b'.repeat(50) }, 200, { 'set-cookie': 'sessionid=1' })]), (e) => kept.push(e), 20);
    const body = bytesBody(Buffer.from('{"note":"x"}'));
    await text(await transport.send(get({ method: 'POST', body, headers: { authorization: `Token ${token}`, 'content-type': 'application/json' } })));
    assert.ok(!JSON.stringify(kept).includes(token));
    assert.ok(!JSON.stringify(kept).includes('sessionid'));
    assert.deepEqual(kept[0]!.request, {
      method: 'POST',
      path: '/api/documents/5/?page=1',
      headers: { authorization: '<secret>', 'content-type': 'application/json' },
      body: { bytes: 12, text: '{"note":"x"}' },
    });
    assert.equal(kept[0]!.response!.body.text!.length, 20);
    assert.equal(kept[0]!.response!.body.bytes, 58);
  });

  it('keeps only the size of files, and says why there was no answer', async () => {
    const kept: RecordedExchange[] = [];
    const pdf: Answer = { status: 200, headers: { 'content-type': 'application/pdf' }, text: '%PDF' };
    const transport = withRecorder(sequence(pdf, lost()), (e) => kept.push(e));
    await (await transport.send(get())).discard();
    await text(await withRecorder(sequence(pdf), (e) => kept.push(e)).send(get()));
    await fails(transport.send(get()), 'retry');
    assert.deepEqual(
      kept.map((e) => [e.response?.body, e.error]),
      [
        [{ bytes: 0 }, null],
        [{ bytes: 4 }, null],
        [undefined, 'The connection broke.'],
      ],
    );
  });
});

describe('the stack', () => {
  it('counts every attempt, and holds no slot while it waits for the next', async () => {
    const facts: ExchangeFacts[] = [];
    let inSleep: Promise<unknown> = Promise.resolve();
    const inner = sequence(html(500), json('other'), json('again'));
    const transport: Transport = stack(inner, {
      now: () => 0,
      random: () => 0,
      maxRequests: 1,
      observer: { exchange: (f) => facts.push(f) },
      sleep: () => (inSleep = transport.send(get({ operation: 'other' })).then(text)),
    });
    assert.equal(await text(await transport.send(get())), '"again"');
    assert.equal(await inSleep, '"other"');
    assert.deepEqual(
      facts.map((f) => [f.operation, f.status]),
      [
        ['documents.get', 500],
        ['other', 200],
        ['documents.get', 200],
      ],
    );
  });
});
