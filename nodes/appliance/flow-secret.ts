import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../shared/errors';

const fileName = 'flow-secret';

function keyFrom(secretKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secretKey, 'base64url'), Buffer.alloc(0), 'pngx flow secret', 32));
}

function sealed(secret: Buffer, secretKey: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(secretKey), iv);
  const body = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function opened(text: string, secretKey: string): Buffer | null {
  const bytes = Buffer.from(text.trim(), 'base64url');
  if (bytes.length !== 12 + 16 + 32) return null;
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(secretKey), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
  } catch {
    return null;
  }
}

function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * What Node-RED encrypts a flow's credentials with: random, made once, kept in the data folder under SECRET_KEY, so that neither the folder alone nor an
 * exported flow gives them away. Throws a NodeError when the file was written under another key.
 */
export function flowSecret(folder: string, secretKey: string): string {
  const file = join(folder, fileName);
  if (!existsSync(file)) write(file, sealed(randomBytes(32), secretKey));
  const secret = opened(readFileSync(file, 'utf8'), secretKey);
  if (secret === null) {
    throw inputError(
      'flow-secret',
      `${file} can't be read with this SECRET_KEY.`,
      'Start with the SECRET_KEY that it was written under. If that key is lost, delete the file and enter the credentials in the flow again.',
    );
  }
  return secret.toString('hex');
}

/** For a change of SECRET_KEY. Does nothing where no flow has run; throws like `flowSecret`. */
export function rewrapFlowSecret(folder: string, oldKey: string, newKey: string): void {
  const file = join(folder, fileName);
  if (!existsSync(file)) return;
  write(file, sealed(Buffer.from(flowSecret(folder, oldKey), 'hex'), newKey));
}
