/** A process of its own for one mutant: runs seeds in their order, tells each verdict to its parent, and ends after the first that fails. */
import { APPLIED } from './mutation';
import { runSeed } from './past';

export interface Told {
  seed: number;
  ok: boolean;
  check: string | null;
  message: string | null;
  /** Mutated sources that were loaded. */
  applied: number;
}

async function main(from: number, seeds: number): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { ok, check, message } = await runSeed(seed);
    const told: Told = { seed, ok, check, message, applied: Number(process.env[APPLIED] ?? 0) };
    await new Promise<void>((resolve) => process.send?.(told, undefined, {}, () => resolve()));
    if (!ok) break;
  }
  process.disconnect();
}

void main(Number(process.argv[2]), Number(process.argv[3])).then(() => process.exit(0));
