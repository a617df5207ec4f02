import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { root, secretKey } from './runtime';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** The appliance as it runs: Node-RED in a process of its own, with the shipped settings, on a free port. */
export class NodeRed {
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(dataFolder: string, env: Record<string, string> = {}) {
    const redJs = join(dirname(require.resolve('node-red/package.json')), 'red.js');
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(SECRET_KEY|DATABASE_URL|MASTER_|EDITOR_|PNGX_|NODE_RED)/.test(name)),
    );
    this.#child = spawn(process.execPath, [redJs, '--settings', join(root, 'settings.js')], {
      cwd: dataFolder,
      env: { ...inherited, SECRET_KEY: secretKey, DATA_DIR: dataFolder, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = once(this.#child, 'close').then(([code]) => code as number | null);
  }

  /** Until a look says so; rejects when the process ends first. */
  async until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
    const ended = this.exited.then(() => true);
    for (;;) {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen;
      const over = await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))]);
      if (over) throw new Error(`Node-RED has ended:\n${this.stderr}${this.stdout.slice(-2000)}`);
    }
  }

  port(): Promise<number> {
    return this.until(() => Number(/now running at http:\/\/127\.0\.0\.1:(\d+)/.exec(this.stdout)?.[1] ?? 0) || null);
  }

  async ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
    const port = await this.port();
    return new Promise((resolve, reject) => {
      const { method = 'GET', headers = {}, body } = options;
      const sent = request(
        { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, connection: 'close', ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  healthy(): Promise<boolean> {
    return this.until(async () => (await this.ask('/healthz')).status === 200);
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(name);
  }

  /** Ends it, whatever state it is in. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.exited;
  }
}
