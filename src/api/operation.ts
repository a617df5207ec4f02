import type { z } from 'zod';
import type { Controller } from '../controller/types';
import { fieldErrors } from './errors';
import { OperationError } from './problem';

/** What operations use of a controller: small enough that a database without one (read only) can stand in. */
export type OperationsController = Pick<
  Controller,
  | 'databasePath'
  | 'state'
  | 'store'
  | 'flowAttached'
  | 'requestSync'
  | 'progress'
  | 'counts'
  | 'master'
  | 'test'
  | 'addReplica'
  | 'setMaster'
  | 'demandAll'
  | 'plan'
  | 'applyPlan'
  | 'reconcile'
  | 'preflight'
  | 'acceptFinding'
>;

export interface OperationContext {
  controller: OperationsController;
  /** Who asks, for the audit log: a user's name, an API key's name, `command line`. */
  who: string;
  /** Left out: the machine's clock. */
  now?: () => Date;
  /** Gets errors that aren't told to the caller. */
  report?: (error: unknown) => void;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Definition<I extends z.ZodObject, O extends z.ZodType> {
  /** Stable: the command line and nodes call by it; OpenAPI's operationId. */
  id: string;
  method: HttpMethod;
  /** With `{names}` of path parameters, which are fields of the input. */
  path: string;
  summary: string;
  /** The path's, the query's and the body's fields in one object. Unknown fields are refused: a misspelt filter must not be ignored. */
  input: I;
  output: O;
  /** Of the answer when all goes well. */
  status: number;
  handler(ctx: OperationContext, input: z.output<I>): z.input<O> | Promise<z.input<O>>;
}

/** A definition as everything outside its own file sees it: run it, or describe it. */
export interface Operation {
  readonly id: string;
  readonly method: HttpMethod;
  readonly path: string;
  readonly summary: string;
  readonly status: number;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
  /** Throws what is wrong with an input, without running anything. */
  check(rawInput: unknown): void;
  /** Validates, runs, and lets out only what the output schema names. Throws what went wrong. */
  run(ctx: OperationContext, rawInput: unknown): Promise<unknown>;
}

/** Whether an operation changes nothing, so that it can run on a database opened for reading. */
export function isReading(operation: Operation): boolean {
  return operation.method === 'GET';
}

export function defineOperation<I extends z.ZodObject, O extends z.ZodType>(definition: Definition<I, O>): Operation {
  const { id, method, path, summary, status, output } = definition;
  const input = definition.input.strict();
  const parse = (rawInput: unknown): z.output<I> => {
    const parsed = input.safeParse(rawInput ?? {});
    if (!parsed.success) throw invalidInput(parsed.error);
    return parsed.data as z.output<I>;
  };
  return {
    id,
    method,
    path,
    summary,
    status,
    input,
    output,
    check: (rawInput) => void parse(rawInput),
    run: async (ctx, rawInput) => output.parse(await definition.handler(ctx, parse(rawInput))),
  };
}

function invalidInput(error: z.ZodError): OperationError {
  const errors = fieldErrors(error);
  return new OperationError({
    status: 400,
    code: 'invalid-input',
    category: 'input',
    detail: errors.map((e) => `${e.field}: ${e.message}`).join(' '),
    nextStep: 'Correct the fields named in `errors` and send it again.',
    errors,
  });
}
