import type { Controller, OpenOptions } from './types';

export * from './types';

/** One user's hold on a controller; the controller stops when the last one lets go. */
export interface Handle {
  readonly controller: Controller;
  release(): Promise<void>;
}

/** Opens the controller of a database, or joins the one this process already runs. Rejects with ConfigError or a state error that says what to do. */
export type AcquireController = (options: OpenOptions) => Promise<Handle>;
