import assert from 'node:assert/strict';
import { z } from 'zod';
import { operations, problemSchema, runOperation } from '../../../src/api';
import { TicketError, type Controller } from '../../../src/controller';
import type { Store } from '../../../src/state';
import { fakeController } from './fake-controller';

const failing = (error: unknown): Partial<Controller> => ({
  progress: () => {
    throw error;
  },
});

describe('runOperation', () => {
  const run = (method: string, path: string, input: unknown = {}, parts: Partial<Controller> = {}, report?: (error: unknown) => void) =>
    runOperation({ method, path }, input, { controller: fakeController(parts), who: 'anna', ...(report === undefined ? {} : { report }) });

  it('finds operations by method and path, whatever the case of the method and with a slash at the end', async () => {
    for (const [method, path] of [
      ['GET', '/api/sync/running'],
      ['get', '/api/sync/running/'],
      ['GET', '/api/sync/running?x=1'],
    ] as const) {
      const answer = await run(method, path);
      assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/json']);
    }
  });

  it('takes what the path names over what the query names', async () => {
    const asked: number[] = [];
    const store = { replicas: { get: (id: number) => (asked.push(id), null) } } as unknown as Store;
    const answer = await run('POST', '/api/replicas/7/test', { id: 9 }, { store });
    assert.deepEqual([answer.status, asked], [404, [7]]);
  });

  for (const id of ['0', '-1', '1.5', 'x', '1e3', '%20', '%E0%A4%A', '99999999999999999999', ' 1']) {
    it(`refuses ${id} as an id`, async () => {
      const answer = await run('POST', `/api/replicas/${id}/test`);
      assert.deepEqual([answer.status, problemSchema.parse(answer.body).code], [400, 'invalid-input']);
    });
  }

  it('answers unknown paths and methods with problem details', async () => {
    const lost = await run('GET', '/api/nothing?token=secret');
    assert.equal(lost.headers['content-type'], 'application/problem+json');
    const problem = problemSchema.parse(lost.body);
    assert.deepEqual([problem.status, problem.code, problem.instance], [404, 'unknown-path', '/api/nothing']);
    assert(!JSON.stringify(lost).includes('secret'));
    const wrong = await run('PATCH', '/api/replicas');
    assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, POST']);
    assert.equal((await run('GET', '/api/replicas//test')).status, 404);
  });

  it('refuses bodies that are no objects', async () => {
    for (const body of [[1], 'text', 7]) {
      assert.equal((await run('GET', '/api/sync/running', body)).status, 400);
      assert.equal((await run('POST', '/api/replicas/1/test', body)).status, 400);
    }
    assert.equal((await run('GET', '/api/sync/running', null)).status, 200);
  });

  it('keeps an unforeseen error inside, and reports it', async () => {
    const told: unknown[] = [];
    const error = new Error('SELECT token FROM replicas');
    const answer = await run('GET', '/api/sync/running', {}, failing(error), (e) => told.push(e));
    assert.equal(answer.status, 500);
    assert(!JSON.stringify(answer.body).includes('SELECT'));
    assert.deepEqual(told, [error]);
  });

  it('lets out only what the output names', async () => {
    const progress = () => ({ running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0, token: 'secret' });
    const answer = await run('GET', '/api/sync/running', {}, { progress });
    assert(!JSON.stringify(answer.body).includes('secret'));
  });

  it('treats an answer that breaks its own schema as a fault, not as an answer', async () => {
    const told: unknown[] = [];
    const progress = () => ({ running: false, runId: null, phase: 'idle', docsDone: -1, docsTotal: 0 });
    assert.equal((await run('GET', '/api/sync/running', {}, { progress }, (e) => told.push(e))).status, 500);
    assert.equal(told.length, 1);
  });

  it('passes on what our own errors say', async () => {
    const answer = await run('GET', '/api/sync/running', {}, failing(new TicketError('draining', 'It is draining', 'Wait.')));
    const problem = problemSchema.parse(answer.body);
    assert.deepEqual([problem.status, problem.code, problem.detail, problem.next_step], [409, 'draining', 'It is draining.', 'Wait.']);
  });
});

describe('the list of operations', () => {
  it('names each once, by id and by method and path', () => {
    const ids = operations.map((operation) => operation.id);
    const routes = operations.map((operation) => `${operation.method} ${operation.path}`);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(routes).size, routes.length);
  });

  for (const operation of operations) {
    it(`can describe ${operation.id} for OpenAPI`, () => {
      const input = z.toJSONSchema(operation.input, { io: 'input' });
      const output = z.toJSONSchema(operation.output, { io: 'output' });
      assert.equal(input.type, 'object');
      assert.equal(input.additionalProperties, false);
      assert.equal(output.type, 'object');
      const params = [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      for (const param of params) assert((input.required ?? []).includes(param), `${operation.path} needs ${param} in its input`);
      assert(operation.summary.length > 10);
    });
  }
});
