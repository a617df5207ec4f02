import { describeError, problemSchema, type Answer, type Category } from '../api';

/** Exit codes of every command: scripts rely on them (docs/operations.md). */
export const EXIT = {
  ok: 0,
  /** It ran to its end, but something isn't synced. */
  unsynced: 1,
  usage: 2,
  configuration: 3,
  /** A paperless server wasn't reached, or refused us. */
  instance: 4,
  /** Another process has the database. */
  database: 5,
  timeout: 6,
  /** A fault of ours. */
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What ends a command early: a sentence, what to do, and the exit code. */
export class CommandError extends Error {
  constructor(
    readonly exit: ExitCode,
    readonly code: string,
    message: string,
    readonly nextStep: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandError';
  }
}

export function usageError(message: string, nextStep: string): CommandError {
  return new CommandError(EXIT.usage, 'usage', message, nextStep);
}

const BY_CATEGORY: Readonly<Record<Category, ExitCode>> = {
  input: EXIT.usage,
  configuration: EXIT.configuration,
  instance: EXIT.instance,
  conflict: EXIT.unsynced,
  database: EXIT.database,
  internal: EXIT.internal,
};

/** Any error as what the command line says and exits with. */
export function toCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const { init, known } = describeError(error);
  if (known) return new CommandError(BY_CATEGORY[init.category], init.code, init.detail, init.nextStep);
  return new CommandError(
    EXIT.internal,
    'internal',
    `pngx failed on something that it didn't foresee: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
    'Run it again with PNGX_DEBUG=1 to see where, and report it.',
    { cause: error },
  );
}

/** An operation's body when it went well; else throws what its problem says. */
export function bodyOf(answer: Answer): unknown {
  if (answer.status < 400) return answer.body;
  const problem = problemSchema.safeParse(answer.body);
  if (!problem.success) throw new CommandError(EXIT.internal, 'internal', `The controller answered ${answer.status}.`, 'Look at its log.');
  const { category, code, detail, next_step: nextStep } = problem.data;
  throw new CommandError(BY_CATEGORY[category], code, detail, nextStep);
}
