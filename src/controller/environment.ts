import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createUndiciTransport } from '../paperless/undici-transport';
import type { Environment, Spool } from '../sync';

/** The real world. */
export function machineEnvironment(spool: Spool): Environment {
  return {
    now: () => Date.now(),
    random: { bytes: (length) => randomBytes(length), float: () => randomBytes(4).readUInt32BE() / 2 ** 32 },
    async sleep(ms, signal) {
      // Ends early without a word when aborted: callers look at the signal.
      await delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    },
    transport: (address) => createUndiciTransport(address, { maxConnections: 8 }),
    spool,
  };
}
