import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { forbiddenAddress, isForbiddenAddress } from './base-url';

type Resolve = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family: number) => void,
) => void;

/** A name may point at a metadata address as well: the egress rule holds for what is connected to, not just for what was typed. */
export function guarded(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const addresses = typeof address === 'string' ? [address] : address.map((a) => a.address);
      if (addresses.some(isForbiddenAddress)) callback(forbiddenAddress(hostname), '', 0);
      else callback(null, address, family);
    });
  };
}
