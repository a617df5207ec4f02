import type { Environment } from './environment';

/** `digits` hexadecimal digits from the environment's randomness. */
export function randomHex(env: Environment, digits: number): string {
  return Buffer.from(env.random.bytes(Math.ceil(digits / 2)))
    .toString('hex')
    .slice(0, digits);
}
