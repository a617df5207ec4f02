import { startControllerWithSocket } from '../../src/api';
import { acquireController, type AcquireController, type Controller, type Handle, type OpenOptions } from '../../src/controller';

const open = new Map<Controller, number>();
const failures = new Map<string, string>();

/** With the controller comes the socket that commands of the same machine use. */
const real: AcquireController = (options) => startControllerWithSocket(options, acquireController);

/**
 * Every node gets its controller here. The runtime's own routes (/healthz, /metrics) look here, too, for what is open, and tests put a scripted controller in.
 */
let acquire = real;

/** Tests only: null puts the real one back. */
export function setAcquireController(replacement: AcquireController | null): void {
  acquire = replacement ?? real;
}

/** Opens or joins the controller of a database. `who` is the node that asks, so that a failure is forgotten once it went well. */
export async function openController(options: OpenOptions, who: string): Promise<Handle> {
  let handle: Handle;
  try {
    handle = await acquire(options);
  } catch (error) {
    failures.set(who, error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unexpected');
    throw error;
  }
  failures.delete(who);
  const { controller } = handle;
  open.set(controller, (open.get(controller) ?? 0) + 1);
  let released = false;
  return {
    controller,
    async release() {
      if (released) return;
      released = true;
      const left = (open.get(controller) ?? 1) - 1;
      if (left === 0) open.delete(controller);
      else open.set(controller, left);
      await handle.release();
    },
  };
}

/** A config node that went away takes its failure with it. */
export function forgetFailure(who: string): void {
  failures.delete(who);
}

export function noteFailure(who: string, code: string): void {
  failures.set(who, code);
}

export function openControllers(): Controller[] {
  return [...open.keys()];
}

/** How many handles nodes hold; 0 after a flow was stopped. */
export function openHandles(): number {
  return [...open.values()].reduce((sum, count) => sum + count, 0);
}

/** Codes of databases that could not be opened. */
export function openFailures(): string[] {
  return [...failures.values()];
}
