import type { InstanceAddress, PaperlessReader, PaperlessWriter } from './client';
import type { ClientOptions } from './reader';
import { HttpReader } from './reader';
import type { Transport } from './transport';
import { HttpWriter } from './writer';

export type { ClientOptions } from './reader';

/** One instance, for reading: neither the type nor the object can write. Throws `url-invalid` or `token-invalid` (class `instance`) before anything is sent. */
export function createReader(address: InstanceAddress, transport: Transport, options?: ClientOptions): PaperlessReader {
  return new HttpReader(address, transport, options);
}

/** One replica. Errors as with `createReader`. */
export function createWriter(address: InstanceAddress, transport: Transport, options?: ClientOptions): PaperlessWriter {
  return new HttpWriter(address, transport, options);
}
