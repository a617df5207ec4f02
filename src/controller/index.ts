export { acquireController } from './acquire';
export { readPending, type PendingAlert } from './alerts-pending';
export type { AcquireController, Handle } from './handle';
export * from './types';
