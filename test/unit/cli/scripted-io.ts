import { openStore, type Store } from '../../../src/state';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSecretKey } from '../../../src/api';
import type { Io } from '../../../src/cli/command';
import { main } from '../../../src/cli/main';
import type { Controller } from '../../../src/controller';
import { fakeController, type FakeController } from '../api/fake-controller';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A folder with a database, and commands run in it: the registry is real, the controller is what the test says. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'pngx-'));
  readonly database = join(this.folder, 'db.sqlite3');
  readonly env: Record<string, string>;
  readonly interrupt = new AbortController();
  input = '';
  acquired = 0;
  released = 0;
  private parts: (store: Store) => Partial<Controller> = () => ({});
  private readonly stores: Store[] = [];

  constructor() {
    this.env = { SECRET_KEY: newSecretKey(), DATABASE_URL: `sqlite:///${this.database}` };
  }

  /** What the controller that a command opens does. */
  controllerDoes(parts: (store: Store) => Partial<Controller>): void {
    this.parts = parts;
  }

  open(): Store {
    const store = openStore({ path: this.database, secretKey: this.env.SECRET_KEY ?? '', now: () => Date.now(), randomBytes: (n) => randomBytes(n) });
    this.stores.push(store);
    return store;
  }

  controller(store: Store = this.open()): FakeController {
    return fakeController({
      databasePath: this.database,
      store,
      counts: (id) => store.registry.counts(id),
      master: () => ({ url: 'http://master', version: '3.0.5', ok: true, message: null, lastContactAt: null, unconfirmedGone: 0 }),
      ...this.parts(store),
    });
  }

  async run(...args: string[]): Promise<Ran> {
    const ran = { code: -1, out: '', err: '' };
    const io: Io = {
      env: this.env,
      tty: false,
      interruptible: () => this.interrupt.signal,
      out: (text) => void (ran.out += text),
      err: (text) => void (ran.err += text),
      readInput: () => Promise.resolve(this.input),
      acquire: () => {
        this.acquired += 1;
        const controller = this.controller();
        return Promise.resolve({ controller, release: () => Promise.resolve(void (this.released += 1)) });
      },
    };
    ran.code = await main(args, io);
    return ran;
  }

  close(): void {
    for (const store of this.stores) store.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** The one object that a command prints with --json; fails on anything beside it. */
export function json(ran: Ran): Record<string, unknown> {
  return JSON.parse(ran.out) as Record<string, unknown>;
}
