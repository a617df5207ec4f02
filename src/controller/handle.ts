import type { Controller, OpenOptions } from './types';

/** One user's hold on a controller; the controller stops when the last one lets go. */
export interface Handle {
  readonly controller: Controller;
  release(): Promise<void>;
}

export type AcquireController = (options: OpenOptions) => Promise<Handle>;
