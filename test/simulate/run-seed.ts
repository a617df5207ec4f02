import { createHash } from 'node:crypto';
import type { Kind } from './kinds';
import { readable, Story, Unmet, type Check } from './story';
import { tell } from './tale';

/** Counts up whenever a seed comes to mean another story. */
export const GENERATOR = 11;

/** What became of one seed. */
export interface SeedVerdict {
  seed: number;
  /** Of the generator that made its story. */
  generator: number;
  ok: boolean;
  /** Which demand failed; null when none did. */
  check: Check | null;
  message: string;
  /** By kind, how often it changed what the engine got. */
  faults: Partial<Record<Kind, number>>;
  crashes: number;
  /** Of the real clock. */
  ms: number;
  /** SHA-256 over the trace. */
  traceHash: string;
  trace?: string[];
}

/** Lives one seed and judges it. Never rejects. For one at a time in a process. */
export async function runSeed(seed: number, options: { trace?: boolean } = {}): Promise<SeedVerdict> {
  const began = performance.now();
  const unhandled: unknown[] = [];
  const hear = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', hear);
  let story: Story | undefined;
  let failure: { check: Check; message: string } | null = null;
  try {
    story = new Story(seed);
    await tell(story);
    await story.world.close();
  } catch (error) {
    story?.keepLog();
    failure = error instanceof Unmet ? { check: error.check, message: error.message } : { check: 'simulator', message: stackOf(error) };
    await story?.world.close().catch(() => undefined);
  }
  // Node tells of rejections that nobody handles when the present turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', hear);
  if (unhandled.length > 0) failure = { check: 'unhandled', message: unhandled.map(stackOf).join('\n') };
  const trace = story?.world.trace ?? [];
  const log = failure === null || story === undefined ? [] : story.log;
  return {
    seed,
    generator: GENERATOR,
    ok: failure === null,
    check: failure?.check ?? null,
    message: failure?.message ?? '',
    faults: story?.faults ?? {},
    crashes: story?.crashes ?? 0,
    ms: Math.round(performance.now() - began),
    traceHash: createHash('sha256').update(trace.join('\n')).digest('hex'),
    ...(options.trace === true ? { trace: [...readable(trace), ...log] } : {}),
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
