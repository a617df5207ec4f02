import { hashSync } from 'bcryptjs';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Children, Started } from './children.js';
import type { Connection } from './compare/http.js';

const status = z.object({
  master: z.object({ ok: z.boolean(), message: z.string().nullish(), documents: z.number().nullish() }),
  replicas: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      status: z.string(),
      total: z.number().optional(),
      ok: z.number(),
      pending: z.number(),
      error: z.number(),
      held: z.number().default(0),
      limited: z.number().default(0),
      quarantined: z.number().default(0),
      verified: z.number(),
      differs: z.number().default(0),
      lag_seconds: z.number().nullable().default(null),
      last_error: z.string().nullish(),
    }),
  ),
});
export type Status = z.infer<typeof status>;
export type ReplicaStatus = Status['replicas'][number];

const running = z.object({ running: z.boolean(), phase: z.string(), docs_done: z.number(), docs_total: z.number() });
export type Running = z.infer<typeof running>;

const problem = z.object({ detail: z.string() });

/** The controller refused, or can't be reached. */
export class ControllerError extends Error {
  override readonly name = 'ControllerError';
}

/** The controller's HTTP API, as far as the demo uses it. */
export class ControllerApi {
  constructor(readonly url: string) {}

  private async call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(this.url + path, { method, redirect: 'manual', signal: AbortSignal.timeout(30_000), ...init });
    const text = await response.text();
    if (response.status >= 400 && response.status !== 409) {
      throw new ControllerError(`The controller answered ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`);
    }
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** Up, and its flow answers. */
  async healthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/healthz`, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
      if (response.status !== 200) return false;
      // The flow answers under /api a moment later than the runtime under /healthz.
      await this.status();
      return true;
    } catch {
      return false;
    }
  }

  async status(): Promise<Status> {
    return status.parse((await this.call('GET', '/api/status')).body);
  }

  async running(): Promise<Running> {
    return running.parse((await this.call('GET', '/api/sync/running')).body);
  }

  /** Null when it was taken; why not, when it was refused for now (409): the next look may find it settled. */
  async sync(): Promise<string | null> {
    const { status: code, body } = await this.call('POST', '/api/sync');
    return code === 202 ? null : (problem.safeParse(body).data?.detail ?? JSON.stringify(body));
  }

  async addReplica(name: string, replica: Connection, intervalSeconds: number | null): Promise<void> {
    const interval = intervalSeconds === null ? {} : { sync_interval_seconds: intervalSeconds };
    const answer = await this.call('POST', '/api/replicas', { name, url: replica.url, token: replica.token, ...interval });
    if (answer.status === 409) throw new ControllerError(`The controller refused the replica ${name}: ${JSON.stringify(answer.body)}`);
  }
}

export interface ControllerSetup {
  root: string;
  dir: string;
  port: number;
  master: Connection;
}

/** Node-RED with the shipped settings and flow, as the appliance runs, and a password for its editor. */
export function startController(children: Children, setup: ControllerSetup): { started: Started; api: ControllerApi; password: string } {
  const data = join(setup.dir, 'data');
  mkdirSync(data, { recursive: true });
  const password = randomBytes(9).toString('base64url');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DATA_DIR: data,
    PORT: String(setup.port),
    // A Fernet key: 32 random bytes in base64url, with padding.
    SECRET_KEY: `${randomBytes(32).toString('base64url')}=`,
    DATABASE_URL: `sqlite:///${join(data, 'db.sqlite3')}`,
    MASTER_URL: setup.master.url,
    MASTER_TOKEN: setup.master.token,
    EDITOR_PASSWORD_HASH: hashSync(password, 8),
  };
  const settings = join(setup.root, 'settings.js');
  const started = children.start('controller', [join(setup.root, 'node_modules/node-red/red.js'), '--settings', settings], { cwd: setup.root, env });
  return { started, api: new ControllerApi(`http://127.0.0.1:${setup.port}`), password };
}

/** @throws ControllerError when it isn't healthy in time, or nobody waits any more */
export async function untilHealthy(api: ControllerApi, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await api.healthy())) {
    if (signal.aborted) throw new ControllerError('Stopped while the controller started.');
    if (Date.now() > end) throw new ControllerError(`The controller wasn't healthy within ${timeoutMs / 1000} s (${api.url}/healthz).`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
