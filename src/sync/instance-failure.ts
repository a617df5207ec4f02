import { isPaperlessError, type PaperlessError } from '../paperless';

/** An instance failed as a whole; which one decides whom it counts against. */
export class InstanceFailure extends Error {
  constructor(
    readonly side: 'master' | 'replica',
    readonly instance: string,
    readonly error: PaperlessError,
  ) {
    super(`${instance}: ${error.message}`, { cause: error });
    this.name = 'InstanceFailure';
  }
}

/** Errors that are about the instance rather than a document leave as InstanceFailure; an abort stays one. */
export async function failing<T>(side: 'master' | 'replica', instance: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isPaperlessError(error) && error.class !== 'aborted') throw new InstanceFailure(side, instance, error);
    throw error;
  }
}
