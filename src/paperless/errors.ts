/**
 * One taxonomy for everything that can go wrong with an instance. What is done next follows from the class alone:
 *
 * | class | what it means | what the caller does |
 * |---|---|---|
 * | `retry` | passing: network, 5xx on a read, 429/503 without a time | again, after 2/4/8 s |
 * | `retry-after` | the server named a time | again, not before it |
 * | `document` | this document can't be taken as it is (400, unsupported type, gone) | an error row; the others go on |
 * | `instance` | the instance as a whole: token, version, proxy, not paperless | stop this instance, loudly |
 * | `unknown-outcome` | a write was sent and nobody knows whether it was done | read before anything is sent again |
 * | `aborted` | we gave up: deadline or shutdown | nothing; rows stay truthful |
 */
export type ErrorClass = 'retry' | 'retry-after' | 'document' | 'instance' | 'unknown-outcome' | 'aborted';

export interface PaperlessErrorInit {
  class: ErrorClass;
  /** Stable, for grouping and translation: `token-refused`, `login-page`, `file-type-unsupported`, … */
  code: string;
  /** One sentence for a person: what happened. No secret, no stack, no body of a page. */
  message: string;
  /** One sentence: what to do about it. */
  nextStep: string;
  /** Method and path class (`PATCH /api/documents/{id}/`), never a query with values that could be secret. */
  request?: string;
  /** HTTP status, when there was an answer. */
  status?: number;
  /** With `retry-after`: milliseconds to wait. */
  retryAfterMs?: number;
  /** With 400: what paperless said per field, cut to 500 characters. */
  fields?: Record<string, string>;
  cause?: unknown;
}

/** The one error that leaves `src/paperless`. */
export class PaperlessError extends Error {
  readonly class: ErrorClass;
  readonly code: string;
  readonly nextStep: string;
  readonly request: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly fields: Record<string, string> | undefined;

  constructor(init: PaperlessErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'PaperlessError';
    this.class = init.class;
    this.code = init.code;
    this.nextStep = init.nextStep;
    this.request = init.request;
    this.status = init.status;
    this.retryAfterMs = init.retryAfterMs;
    this.fields = init.fields;
  }
}

export function isPaperlessError(error: unknown): error is PaperlessError {
  return error instanceof PaperlessError;
}
