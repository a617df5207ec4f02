import { VirtualEnvironment } from '../../../simulator/environment';
import { Instance, type InstanceOptions } from '../../../simulator/instance';

export const token = 'a'.repeat(40);
const start = Date.parse('2026-11-21T09:00:00Z');

export interface Virtual {
  environment: VirtualEnvironment;
  instance: Instance;
}

export function virtual(options: Partial<InstanceOptions> = {}): Virtual {
  const environment = new VirtualEnvironment(1, start);
  return { environment, instance: new Instance({ version: '3.0.5', environment, token, ...options }) };
}

export interface Got {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the test says what it expects
  json: <T>() => T;
}

export async function ask(instance: Instance, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Got> {
  const sent = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type: Record<string, string> = sent && !Buffer.isBuffer(body) ? { 'content-type': 'application/json' } : {};
  const request = { method, path, headers: { host: 'simulated', authorization: `Token ${token}`, ...type, ...headers }, body: sent };
  const response = await instance.handle(request);
  const parts: Uint8Array[] = [];
  if (response.body instanceof Uint8Array) parts.push(response.body);
  else for await (const part of response.body) parts.push(part);
  const bytes = Buffer.concat(parts);
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the test says what it expects
  return { status: response.status, headers: response.headers, bytes, json: <T>() => JSON.parse(bytes.toString()) as T };
}

const boundary = 'unit-boundary';
export const multipartType = `multipart/form-data; boundary=${boundary}`;

export function form(name: string, content: string, fields: Record<string, string> = {}): Buffer {
  const parts = Object.entries(fields).map(([key, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`);
  parts.push(
    `--${boundary}\r\nContent-Disposition: form-data; name="document"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`,
  );
  return Buffer.from(`${parts.join('')}--${boundary}--\r\n`);
}

/** The new task's id. @throws when the server refuses the file. */
export async function upload(instance: Instance, name: string, content: string, fields: Record<string, string> = {}): Promise<string> {
  const got = await ask(instance, 'POST', '/api/documents/post_document/', form(name, content, fields), { 'content-type': multipartType });
  if (got.status !== 200) throw new Error(`${name} was refused: ${got.bytes.toString()}`);
  return got.json<string>();
}
