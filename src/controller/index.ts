export { acquireController } from './acquire';
export type { AcquireController, Handle } from './handle';
export * from './types';
