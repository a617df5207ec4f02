import { isPaperlessError, PaperlessError } from '../paperless';
import type { Move, SyncRow } from '../state';
import { SpoolFullError } from './environment';
import { isoTime } from './instant';
import type { RunContext } from './run-context';

/** Each attempt leaves something on the replica (the parts of a file that was split at its barcodes, say): one is enough until a person looked. */
const ONCE: ReadonlySet<string> = new Set(['no-document-made']);

/** Waits for somebody to clear the way on the replica, and asks for that by reads alone: never given up. */
const WAITS: ReadonlySet<string> = new Set(['bytes-in-trash']);

/** Whether a row's error ends by somebody's doing alone, so that nothing that depends on it waits for its next try. */
export function isWaitingForSomebody({ status, errorCode }: Pick<SyncRow, 'status' | 'errorCode'>): boolean {
  return status === 'error' && errorCode !== null && WAITS.has(errorCode);
}

/** What an error makes of a row: a retry with a time that grows, or quarantine when it has failed too often to be passing. */
export function failureMove(run: RunContext, row: SyncRow, error: unknown): Move & { to: 'error' | 'quarantined' } {
  const told = explain(error);
  const passing = told.errorClass === 'retry' || told.errorClass === 'retry-after' || told.errorClass === 'unknown-outcome';
  if (!passing && !WAITS.has(told.code) && (row.retryCount + 1 >= run.settings.quarantineAfter || ONCE.has(told.code)))
    return { to: 'quarantined', ...told };
  return { to: 'error', ...told, nextRetryAt: retryAt(run, row.retryCount, isPaperlessError(error) ? error.retryAfterMs : undefined) };
}

/** When a document is tried again after so many failed attempts: ever later, and not before the server said. */
export function retryAt(run: RunContext, attempts: number, leastMs = 0): string {
  const grown = Math.min(run.settings.retryBaseMs * 2 ** Math.min(attempts, 20), run.settings.retryCapMs);
  // Jitter, so that a thousand rows that failed together don't come back together.
  const wait = Math.max(grown * (0.75 + run.env.random.float() / 2), leastMs);
  return isoTime(run.env.now() + Math.round(wait));
}

/** Class, code and two sentences for any error; what we didn't foresee says so and is tried again. */
export function explain(error: unknown): { errorClass: string; code: string; message: string; nextStep: string } {
  if (isPaperlessError(error)) return { errorClass: error.class, code: error.code, message: withFields(error), nextStep: error.nextStep };
  if (error instanceof SpoolFullError || saysWhatToDo(error)) {
    return { errorClass: 'retry', code: error.code, message: error.message, nextStep: error.nextStep };
  }
  return {
    errorClass: 'retry',
    code: 'unexpected',
    message: `Something unforeseen happened: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`.slice(0, 500),
    nextStep: 'It is tried again. If it stays, please report it with the log lines of this document.',
  };
}

/** Errors of other rooms and of a flow's nodes that carry a sentence and a next step of their own. */
function saysWhatToDo(error: unknown): error is Error & { code: string; nextStep: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'nextStep' in error && typeof error.nextStep === 'string';
}

function withFields(error: PaperlessError): string {
  if (error.fields === undefined) return error.message;
  const said = Object.entries(error.fields).map(([field, text]) => `${field}: ${text}`);
  return said.length === 0 || said.every((s) => error.message.includes(s)) ? error.message : `${error.message} (${said.join('; ')})`;
}

export function documentError(code: string, message: string, nextStep: string): PaperlessError {
  return new PaperlessError({ class: 'document', code, message, nextStep });
}

export function passingError(code: string, message: string, nextStep: string): PaperlessError {
  return new PaperlessError({ class: 'retry', code, message, nextStep });
}
