import { describeError } from './errors';
import type { HttpMethod, Operation, OperationContext } from './operation';
import { operations } from './operations';
import { OperationError, PROBLEM_MEDIA_TYPE, problemOf, type Problem } from './problem';

/** What a face sends back. `body` is plain JSON: the operation's output or a Problem. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

export type Target = string | { method: string; path: string };

interface Found {
  operation: Operation;
  /** From the path, still text. */
  params: Record<string, string>;
  instance: string;
}

const byId = new Map(operations.map((operation) => [operation.id, operation]));

/** Parameters when `path` fits the template; null else. */
function matchPath(template: string, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith('{')) {
      if (value === '') return null;
      params[part.slice(1, -1)] = decode(value);
    } else if (part !== value) return null;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function unknownOperation(what: string): OperationError {
  return new OperationError({
    status: 404,
    code: 'unknown-path',
    category: 'input',
    detail: `There is nothing at ${what}.`,
    nextStep: 'Check the address; docs/api.md lists every operation.',
  });
}

function findByPath(method: string, rawPath: string): Found {
  const path = (rawPath.split('?')[0] ?? '').replace(/(.)\/+$/, '$1');
  const fitting: HttpMethod[] = [];
  for (const operation of operations) {
    const params = matchPath(operation.path, path);
    if (params === null) continue;
    if (operation.method === method.toUpperCase()) return { operation, params, instance: path };
    fitting.push(operation.method);
  }
  if (fitting.length === 0) throw unknownOperation(path);
  throw new OperationError({
    status: 405,
    code: 'method-not-allowed',
    category: 'input',
    detail: `${path} doesn't take ${method.toUpperCase()}.`,
    nextStep: `Use ${fitting.join(' or ')}.`,
    headers: { allow: fitting.join(', ') },
  });
}

export function findOperation(id: string): Operation | undefined {
  return byId.get(id);
}

function find(target: Target): Found {
  if (typeof target !== 'string') return findByPath(target.method, target.path);
  const operation = byId.get(target);
  if (operation === undefined) throw unknownOperation(`operation "${target}"`);
  return { operation, params: {}, instance: operation.path };
}

function refused(error: unknown, instance: string, report: OperationContext['report']): Answer {
  const { init, known } = describeError(error);
  if (!known) report?.(error);
  const body: Problem = problemOf(init, instance);
  return { status: body.status, body, headers: { 'content-type': PROBLEM_MEDIA_TYPE, 'cache-control': 'no-store', ...init.headers } };
}

/**
 * Runs one operation, named by its id or by method and path. `rawInput` is the query's and body's fields in one object; the path's come on top.
 * Never rejects: what goes wrong is a problem document with its status.
 */
export async function runOperation(target: Target, rawInput: unknown, ctx: OperationContext): Promise<Answer> {
  let instance = typeof target === 'string' ? target : (target.path.split('?')[0] ?? '');
  try {
    const found = find(target);
    instance = found.instance;
    const input = Object.keys(found.params).length === 0 ? rawInput : { ...asObject(rawInput), ...found.params };
    const body = await found.operation.run(ctx, input);
    return { status: found.operation.status, body, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } };
  } catch (error) {
    return refused(error, instance, ctx.report);
  }
}

function asObject(value: unknown): object {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw new OperationError({
    status: 400,
    code: 'invalid-input',
    category: 'input',
    detail: 'The body is not a JSON object.',
    nextStep: 'Send a JSON object with content type application/json.',
  });
}
