import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The machine's own browser, or where CHROMIUM says; null when there is none. */
export function findChromium(): string | null {
  const places = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return places.find((place): place is string => place !== undefined && existsSync(place)) ?? null;
}

interface Reply {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** One page of a real browser, driven over its debugging protocol. */
export class Page {
  /** What the page complained about: exceptions, and errors on its console. */
  readonly complaints: string[] = [];
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #last = 0;

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = (event) => this.#heard(JSON.parse(String(event.data)) as Reply);
  }

  static async open(chromium: string): Promise<Page> {
    const profile = mkdtempSync(join(tmpdir(), 'pngx-chromium-'));
    const args = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
    ];
    const browser = spawn(chromium, [...args, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      browser.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      browser.once('exit', () => reject(new Error(`The browser did not start: ${said}`)));
    });
    const targets = (await (await fetch(`http://127.0.0.1:${new URL(address).port}/json`)).json()) as {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? '');
    await once(socket, 'open');
    const page = new Page(browser, profile, socket);
    await page.#do('Runtime.enable');
    await page.#do('Page.enable');
    return page;
  }

  /** As wide as a screen or a phone, light or dark. */
  async show(url: string, { width, height, dark = false }: { width: number; height: number; dark?: boolean }): Promise<void> {
    await this.#do('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    await this.#do('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
    await this.#do('Page.navigate', { url });
  }

  /** Runs a function of the page's own world, given as text, and brings its plain result back. */
  async run<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#do('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })) as {
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? 'The page threw.');
    return result.value;
  }

  /** Until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    while (!(await this.run<boolean>(`Boolean(${expression})`))) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async press(key: 'Tab' | 'Enter'): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, ...(key === 'Enter' ? { text: '\r' } : {}) };
    await this.#do('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.#do('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  async close(): Promise<void> {
    this.socket.close();
    this.browser.kill();
    if (this.browser.exitCode === null) await once(this.browser, 'exit');
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #do(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = (this.#last += 1);
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await reply;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #heard(reply: Reply): void {
    if (reply.id !== undefined) {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    } else if (reply.method === 'Runtime.exceptionThrown') {
      this.complaints.push(JSON.stringify(reply.params?.['exceptionDetails']));
    } else if (reply.method === 'Runtime.consoleAPICalled' && reply.params?.['type'] === 'error') {
      this.complaints.push(JSON.stringify(reply.params['args']));
    }
  }
}
