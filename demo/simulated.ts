import { join } from 'node:path';
import type { Children } from './children.js';
import { firstJson } from './children.js';
import type { Connection } from './compare/http.js';

export interface SimulatedInstance extends Connection {
  name: string;
  version: string;
}

export interface SimulatedSetup {
  name: string;
  version: string;
  port: number;
  token: string;
  /** Documents of the library that it holds at the start. */
  library: number;
  /** Only the users and groups that a replica of such a library has. */
  people: boolean;
  seed: number;
}

/** Starts one simulated paperless in a process of its own; resolves when it listens. */
export async function startSimulated(children: Children, root: string, setup: SimulatedSetup): Promise<SimulatedInstance> {
  const { name, version, port, token, library, people, seed } = setup;
  // Two workers, and a moment per file, so that the work is seen to happen.
  const values = { version, port, library, seed, token, workers: 2, delay: 50 };
  const args = Object.entries(values)
    .flatMap(([key, value]) => [`--${key}`, String(value)])
    .concat('--control', ...(people ? ['--people'] : []));
  const started = children.start(name, [join(root, 'dist/simulator/main.js'), ...args], { cwd: root });
  await firstJson(started, 60_000);
  return { name, version, url: `http://127.0.0.1:${port}`, token };
}
