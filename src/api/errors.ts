import type { z } from 'zod';
import { ConfigError, PlanError, TicketError } from '../controller/types';
import { isPaperlessError } from '../paperless/errors';
import { OperationError, type Category, type OperationErrorInit } from './problem';

/** Who has to act on an error of the registry, by its class name; its code, sentence and next step are its own. */
const STATE_ERRORS: Readonly<Record<string, { status: number; category: Category; nextStep?: string }>> = {
  DatabaseUnwritableError: { status: 503, category: 'configuration' },
  DatabaseUnusableError: { status: 503, category: 'configuration' },
  SchemaVersionError: { status: 503, category: 'configuration' },
  SecretKeyError: { status: 503, category: 'configuration' },
  InvalidTokenError: { status: 503, category: 'configuration' },
  DatabaseInUseError: { status: 503, category: 'database' },
  LeaseHeldError: { status: 409, category: 'database' },
  StaleEpochError: { status: 409, category: 'database' },
  ReplicaExistsError: { status: 409, category: 'configuration' },
  InvalidReplicaError: { status: 422, category: 'configuration', nextStep: 'Correct the value and try again.' },
  SettingError: { status: 422, category: 'configuration', nextStep: 'Correct the value and try again.' },
  NotFoundError: { status: 404, category: 'input', nextStep: 'List them first: it may have been removed.' },
  PairTakenError: { status: 409, category: 'conflict' },
  IllegalMoveError: { status: 409, category: 'conflict', nextStep: 'The document moved on meanwhile: look at it again.' },
};

/** `code` and `nextStep` as the registry's errors carry them; their message ends with the next step, which is told apart here. */
function ofState(error: Error): OperationErrorInit | null {
  const known = STATE_ERRORS[error.name];
  if (known === undefined) return null;
  const own = error as Error & { code?: unknown; nextStep?: unknown };
  const nextStep = typeof own.nextStep === 'string' ? own.nextStep : '';
  const message = nextStep !== '' && error.message.endsWith(nextStep) ? error.message.slice(0, -nextStep.length).trim() : error.message;
  return {
    status: known.status,
    category: known.category,
    code: typeof own.code === 'string' ? own.code.replaceAll('_', '-') : 'registry',
    detail: sentence(message),
    nextStep: nextStep !== '' ? nextStep : (known.nextStep ?? 'Try again.'),
  };
}

export function fieldErrors(error: z.ZodError): { field: string; message: string }[] {
  return error.issues.map((issue) => ({ field: issue.path.map(String).join('.') || '(input)', message: issue.message }));
}

/** Codes of settings that were refused for what an instance answered. */
const OF_INSTANCES: ReadonlySet<string> = new Set(['replica-test-failed', 'master-test-failed', 'not-superuser']);

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/**
 * Whatever was thrown, as what the caller is told. Messages of errors that aren't ours stay inside: they could carry paths, SQL or secrets; `known` is false then, and
 * whoever runs the operation reports the error to the log instead.
 */
export function describeError(error: unknown): { init: OperationErrorInit; known: boolean } {
  if (error instanceof OperationError) return { init: error.init, known: true };
  if (error instanceof ConfigError) {
    const category = OF_INSTANCES.has(error.code) ? 'instance' : 'configuration';
    return { init: { status: 422, code: error.code, category, detail: sentence(error.message), nextStep: error.nextStep }, known: true };
  }
  if (error instanceof TicketError) {
    return { init: { status: 409, code: error.code, category: 'conflict', detail: sentence(error.message), nextStep: error.nextStep }, known: true };
  }
  if (error instanceof PlanError) {
    const unknown = error.code.startsWith('unknown-');
    const init = { status: unknown ? 404 : 409, category: unknown ? 'input' : 'conflict', detail: sentence(error.message) } as const;
    return { init: { ...init, code: error.code, nextStep: error.nextStep }, known: true };
  }
  if (isPaperlessError(error)) {
    return { init: { status: 502, code: error.code, category: 'instance', detail: sentence(error.message), nextStep: error.nextStep }, known: true };
  }
  if (error instanceof Error) {
    const init = ofState(error);
    if (init !== null) return { init, known: true };
  }
  return {
    init: {
      status: 500,
      code: 'internal',
      category: 'internal',
      detail: 'Something inside the controller failed while it worked on this.',
      nextStep: 'Look for the error in the log of the controller at this time and report it.',
    },
    known: false,
  };
}
