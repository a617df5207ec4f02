import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidTokenError, SecretKeyError } from './errors';

/** Fernet 0x80 (github.com/fernet/spec): version ‖ seconds ‖ IV ‖ AES-128-CBC ‖ HMAC-SHA256, in URL-safe base64. */
const VERSION = 0x80;
const HEADER = 1 + 8 + 16;
const MAC = 32;
const MAX_SKEW_SECONDS = 60;
const MAKE_ONE = 'Make one with `pngx new-key` and set SECRET_KEY to it.';

export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

/** Encrypts and decrypts under one key. */
export interface SecretBox {
  seal(text: string): string;
  /** `what` names the secret in the error. */
  open(token: string, what: string): string;
}

export function generateKey(randomBytes: (n: number) => Uint8Array): string {
  return toBase64(Buffer.from(randomBytes(32)));
}

/** Throws SecretKeyError; the key itself is in no message. */
export function parseKey(text: string): FernetKey {
  if (text.trim() === '') throw new SecretKeyError('SECRET_KEY is missing.', MAKE_ONE);
  const bytes = fromBase64(text.trim());
  if (bytes === null) {
    throw new SecretKeyError("SECRET_KEY isn't a Fernet key: it has characters that URL-safe base64 doesn't have, or ends too early.", MAKE_ONE);
  }
  if (bytes.length !== 32) throw new SecretKeyError(`SECRET_KEY isn't a Fernet key: it holds ${bytes.length} bytes, not 32.`, MAKE_ONE);
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

export function encrypt(key: FernetKey, plain: Uint8Array, seconds: number, iv: Uint8Array): string {
  const header = Buffer.alloc(9);
  header.writeUInt8(VERSION, 0);
  header.writeBigUInt64BE(BigInt(Math.floor(seconds)), 1);
  const cipher = createCipheriv('aes-128-cbc', key.encryption, iv);
  const body = Buffer.concat([header, iv, cipher.update(plain), cipher.final()]);
  return toBase64(Buffer.concat([body, sign(key, body)]));
}

/** null for anything but a token made with this key; with `ttl`, also when it is older than that or from the future. */
export function decrypt(key: FernetKey, token: string, ttl?: { seconds: number; now: number }): Buffer | null {
  const bytes = fromBase64(token);
  if (bytes === null || bytes.length < HEADER + 16 + MAC || bytes[0] !== VERSION) return null;
  const body = bytes.subarray(0, -MAC);
  if (!timingSafeEqual(sign(key, body), bytes.subarray(-MAC))) return null;
  if (ttl !== undefined) {
    const made = Number(bytes.readBigUInt64BE(1));
    if (made + ttl.seconds < ttl.now || ttl.now + MAX_SKEW_SECONDS < made) return null;
  }
  const decipher = createDecipheriv('aes-128-cbc', key.encryption, body.subarray(9, HEADER));
  try {
    return Buffer.concat([decipher.update(body.subarray(HEADER)), decipher.final()]);
  } catch {
    return null; // padding or block size: signed by someone who has the key and made it wrongly
  }
}

export function secretBox(key: FernetKey, now: () => number, randomBytes: (n: number) => Uint8Array): SecretBox {
  return {
    seal: (text) => encrypt(key, Buffer.from(text, 'utf8'), now() / 1000, randomBytes(16)),
    open: (token, what) => {
      const plain = decrypt(key, token);
      if (plain === null) throw new InvalidTokenError(what);
      return plain.toString('utf8');
    },
  };
}

function sign(key: FernetKey, body: Buffer): Buffer {
  return createHmac('sha256', key.signing).update(body).digest();
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** Strict where Buffer is lenient: only the URL-safe alphabet, only with its padding, nothing behind it. */
function fromBase64(text: string): Buffer | null {
  return text.length % 4 === 0 && /^[A-Za-z0-9_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : null;
}
