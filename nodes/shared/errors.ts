/** What `cause` carries to a Catch node: Node-RED hands on `message`, `code` and `cause` of an error, nothing else. */
export interface ErrorCause {
  /** As in the taxonomy of the paperless client, or `ticket`, `config`, `state`, `input`, `flow`, `unexpected`. */
  class: string;
  code: string;
  /** One sentence: what to do about it. */
  nextStep: string;
}

/**
 * The one error that leaves a node. A Catch node reads `msg.error.message` (a sentence), `msg.error.code` and `msg.error.cause` (`class`, `code`, `nextStep`).
 * It has no stack: nobody at the other end of a Catch node can use one.
 */
export class NodeError extends Error {
  readonly class: string;
  readonly code: string;
  readonly nextStep: string;
  declare readonly cause: ErrorCause;

  constructor(cause: ErrorCause, message: string) {
    super(message, { cause });
    this.name = 'NodeError';
    this.class = cause.class;
    this.code = cause.code;
    this.nextStep = cause.nextStep;
    delete this.stack;
  }

  /** Node-RED prints errors with this: the sentence alone, not `NodeError: …`. */
  override toString(): string {
    return this.message;
  }
}

/** A message or an option that a node can't work with. */
export function inputError(code: string, message: string, nextStep: string): NodeError {
  return new NodeError({ class: 'input', code, nextStep }, message);
}

const classByName: Record<string, string> = { TicketError: 'ticket', ConfigError: 'config' };

/** Looks a sentence up by key; gives the key back when no catalogue has it. */
export type Translate = (key: string) => string;

const catalogue = '@pngx/node-red-paperless-sync/config:';

/** The sentence of a code in the editor's language, or what the error says itself. */
function sentence(code: string, fallback: string, translate: Translate): string {
  const key = `errors.${code}`;
  const found = translate(catalogue + key);
  return found === key || found === catalogue + key || found === '' ? fallback : found;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

type Explained = Error & { class?: unknown; code?: unknown; nextStep?: unknown };

/** The error that says what to do: what was thrown, or what it wraps. */
function explained(thrown: Error): Explained {
  const { cause } = thrown;
  return !('nextStep' in thrown) && cause instanceof Error && 'nextStep' in cause ? cause : thrown;
}

/** Any thrown value as a NodeError; what isn't one of ours is `unexpected`, with its message. */
export function toNodeError(thrown: unknown, translate: Translate): NodeError {
  if (thrown instanceof NodeError) return new NodeError(thrown.cause, sentence(thrown.code, thrown.message, translate));
  if (!(thrown instanceof Error)) return toNodeError(new Error(String(thrown)), translate);
  const known = explained(thrown);
  const nextStep = text(known.nextStep);
  const code = text(known.code);
  const ours = nextStep !== null && code !== null;
  const cause: ErrorCause = {
    class: text(known.class) ?? classByName[known.name] ?? (ours ? 'state' : 'unexpected'),
    code: code ?? 'unexpected',
    nextStep: nextStep ?? 'This is a defect of the controller: please report it with the log around this time.',
  };
  // The registry's errors say what to do in their message as well: a Catch node gets it once.
  const message = known.message.endsWith(cause.nextStep) ? known.message.slice(0, -cause.nextStep.length).trimEnd() : known.message;
  return new NodeError(cause, sentence(cause.code, message || known.name, translate));
}
