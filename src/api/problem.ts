import { z } from 'zod';

/**
 * Who has to act, which is coarser than the code and stable: the command line's exit codes follow from it.
 * `input` the caller · `configuration` whoever set it up · `instance` a paperless server refused or wasn't reached · `conflict` try again later ·
 * `database` in use, locked or unreadable · `internal` a fault of ours.
 */
export const CATEGORIES = ['input', 'configuration', 'instance', 'conflict', 'database', 'internal'] as const;
export type Category = (typeof CATEGORIES)[number];

/** RFC 9457 problem details with our extension members: every failure has a stable code and says what to do. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  /** The path that was asked for. */
  instance: z.string(),
  code: z.string(),
  category: z.enum(CATEGORIES),
  next_step: z.string(),
  /** With `invalid-input`: what is wrong, field by field. */
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export interface OperationErrorInit {
  status: number;
  code: string;
  category: Category;
  /** One sentence: what happened. */
  detail: string;
  /** One sentence: what to do about it. */
  nextStep: string;
  errors?: { field: string; message: string }[];
  headers?: Record<string, string>;
}

/** Thrown by operations for what they refuse themselves; everything else that is thrown is translated by `toProblem`. */
export class OperationError extends Error {
  constructor(readonly init: OperationErrorInit) {
    super(init.detail);
    this.name = 'OperationError';
  }
}

export function notFound(code: string, detail: string, nextStep: string): OperationError {
  return new OperationError({ status: 404, code, category: 'input', detail, nextStep });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  422: 'Refused',
  500: 'Internal error',
  502: 'Instance failed',
  503: 'Not available',
};

/** The answer's body for an operation error. */
export function problemOf(init: OperationErrorInit, instance: string): Problem {
  return {
    type: `urn:pngx:problem:${init.code}`,
    title: TITLES[init.status] ?? 'Error',
    status: init.status,
    detail: init.detail,
    instance,
    code: init.code,
    category: init.category,
    next_step: init.nextStep,
    ...(init.errors === undefined ? {} : { errors: init.errors }),
  };
}
