import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '../src/controller';
import type { ControllerSetup, Settled } from './controller-process';
import { Worker } from './process';
import { Server } from './server';
import type { ServerSetup } from './server-process';

/** A controller in a process of its own, on an empty database. */
export class ControllerUnderTest {
  private constructor(readonly worker: Worker) {}

  static start(): ControllerUnderTest {
    return new ControllerUnderTest(Worker.start('controller', join(__dirname, 'controller-process.js')));
  }

  async open(folder: string, master: Server, replicas: readonly Server[], settings: ControllerSetup['settings']): Promise<void> {
    const address = ({ name, url, token }: Server) => ({ name, url, token });
    await this.worker.call('open', {
      databasePath: join(folder, 'bench.sqlite3'),
      secretKey: randomBytes(32).toString('base64url') + '=',
      master: address(master),
      replicas: replicas.map(address),
      settings,
    } satisfies ControllerSetup);
  }

  /** Syncs until nothing is left to do. Throws when not every document came to be synced and verified: then nothing was measured. */
  async settle(documents: number, timeoutMs = 600_000): Promise<Settled> {
    const result = await this.worker.call<Settled>('settle', { timeoutMs });
    if (!result.settled || result.left > 0 || result.synced !== documents)
      throw new Error(
        `${result.synced} of ${documents} documents were synced and verified, ${result.left} not: ${result.reason ?? 'no reason given'}`,
      );
    return result;
  }

  cycle(): Promise<RunSummary | { skipped: string }> {
    return this.worker.call('cycle');
  }
}

/** What one row needs running, and its end. */
export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'pngx-bench-'));
  private readonly ends: (() => Promise<void>)[] = [];

  async server(name: string, setup: Partial<Omit<ServerSetup, 'token'>> = {}): Promise<Server> {
    const worker = Worker.start(name, join(__dirname, 'server-process.js'));
    this.ends.push(() => worker.stop());
    return Server.open(name, worker, setup);
  }

  async controller(master: Server, replicas: readonly Server[], settings: ControllerSetup['settings'] = {}): Promise<ControllerUnderTest> {
    const controller = ControllerUnderTest.start();
    this.ends.push(() => controller.worker.stop());
    await controller.open(this.folder, master, replicas, settings);
    return controller;
  }

  async end(): Promise<void> {
    await Promise.all(this.ends.map((end) => end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs something in a scene that is taken down afterwards, whatever happens. */
export async function inScene<T>(play: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = new Scene();
  try {
    return await play(scene);
  } finally {
    await scene.end();
  }
}

/** For getting a big library across quickly where only the state afterwards matters. */
export const HURRY = {
  master_concurrency: 16,
  max_concurrent_requests: 32,
  consume_window: 60,
  upload_concurrency: 16,
  patch_concurrency: 16,
  batch_size: 200,
};
