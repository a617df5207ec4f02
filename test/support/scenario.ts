import type { SimulatedVersion } from '../../simulator/profile';
import { openWorld, type World, type WorldOptions } from './world';

export const PAIRS: readonly (readonly [master: SimulatedVersion, replica: SimulatedVersion])[] = [
  ['3.0.5', '3.0.5'],
  ['3.0.5', '2.20.15'],
  ['2.20.15', '3.0.5'],
  ['2.20.15', '2.20.15'],
];

/** A test in a world of its own, named by the promise that it holds. Whatever happens in it, the sync must not have written to the master. */
export function scenario(promise: string, options: WorldOptions, body: (world: World) => Promise<void>): void {
  it(promise, async function () {
    this.timeout(60_000);
    const world = openWorld(options);
    try {
      await body(world);
      world.assertMasterOnlyRead();
    } finally {
      await world.close();
    }
  });
}

/** The same on all four pairs of versions. */
export function onEachPair(promise: string, options: Omit<WorldOptions, 'master' | 'replicas'>, body: (world: World) => Promise<void>): void {
  for (const [master, replica] of PAIRS) scenario(`${promise} (${master} → ${replica})`, { ...options, master, replicas: [replica] }, body);
}
