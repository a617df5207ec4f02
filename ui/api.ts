import type { Status } from '../src/api/operations/status';

export type { Status, StatusOfReplica, ReplicaStatus } from '../src/api/operations/status';

export interface Progress {
  running: boolean;
  phase: string;
  docs_done: number;
  docs_total: number;
  run_id: number | null;
}

export interface SyncAnswer {
  run_id: number | null;
  queued: boolean;
  message: string | null;
}

/** A failure as a person is told of it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    message: string,
    readonly nextStep: string,
  ) {
    super(message);
  }
}

const patience = 10_000;

/** The controller's HTTP API, as far as the pages use it. */
export class Api {
  /** Milliseconds that the server's clock was ahead of this one's at the last answer. */
  skew = 0;

  constructor(private readonly base: string) {}

  status(signal: AbortSignal): Promise<Status> {
    return this.#call<Status>('GET', '/status', signal);
  }

  progress(signal: AbortSignal): Promise<Progress> {
    return this.#call<Progress>('GET', '/sync/running', signal);
  }

  sync(signal: AbortSignal): Promise<SyncAnswer> {
    return this.#call<SyncAnswer>('POST', '/sync', signal);
  }

  async #call<T>(method: string, path: string, signal: AbortSignal): Promise<T> {
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(this.base + path, {
        method,
        headers: { accept: 'application/json' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
      });
      const served = Date.parse(response.headers.get('date') ?? '');
      // The header has whole seconds: less than that says nothing.
      this.skew = Math.abs(served - Date.now()) > 2000 ? served - Date.now() : 0;
      body = await response.json();
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof SyntaxError ? 'Something else than the controller answered.' : "The controller can't be reached.";
      throw new ApiError(why, 'Check that it runs; this page goes on trying.');
    }
    if (!response.ok) {
      const problem = body as { detail?: string; next_step?: string };
      throw new ApiError(problem.detail ?? `The controller answered ${response.status}.`, problem.next_step ?? 'Look at its log.');
    }
    return body as T;
  }
}
