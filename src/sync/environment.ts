import type { InstanceAddress, Transport } from '../paperless';

/** All that a cycle takes from the world. With another one of these a whole cycle runs in memory, under a virtual clock, from a seed. */
export interface Environment {
  /** Milliseconds since the epoch. */
  now(): number;
  random: {
    bytes(length: number): Uint8Array;
    /** 0 ≤ x < 1 */
    float(): number;
  };
  /** Resolves after `ms`, or at once when `signal` fires: look at the signal afterwards. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** The way to one instance. */
  transport(address: InstanceAddress): Transport;
  spool: Spool;
}

/** Where bodies rest between master and replicas: memory never holds a file. */
export interface Spool {
  /**
   * Streams chunks into the spool and hashes them on the way.
   * Throws SpoolFullError before the disk or the cap is full; leaves nothing behind when it fails.
   */
  receive(chunks: AsyncIterable<Uint8Array>, options: { expectedSize: number | null; signal?: AbortSignal }): Promise<SpooledFile>;
}

export interface SpooledFile {
  readonly size: number;
  readonly sha256: string;
  readonly md5: string;
  /** From the first byte, as often as wanted. */
  open(): AsyncIterable<Uint8Array>;
  remove(): Promise<void>;
}

export class SpoolFullError extends Error {
  readonly code = 'spool-full';
  constructor(
    message: string,
    readonly nextStep: string,
  ) {
    super(message);
    this.name = 'SpoolFullError';
  }
}
