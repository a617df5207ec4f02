import { z } from 'zod';
import type { Connection } from './compare/http.js';

const answer = z.object({
  methods: z.record(z.string(), z.number()),
  paths: z.record(z.string(), z.object({ requests: z.number(), bytesIn: z.number(), bytesOut: z.number() })),
});

/** What a simulated instance was asked: requests by method, bytes of bodies by what they were for. */
export interface Counters {
  requests: Record<string, number>;
  /** `downloads` are originals that left it; `sent` and `received` are all bodies. */
  bytes: { downloads: number; sent: number; received: number };
}

/** Asks a simulated instance that was started with --control; real servers have no such address. */
export async function readCounters(instance: Connection): Promise<Counters> {
  const response = await fetch(`${instance.url}/_simulator/counters`);
  const { methods, paths } = answer.parse(await response.json());
  const counts = Object.values(paths);
  return {
    requests: methods,
    bytes: {
      downloads: paths['GET download']?.bytesOut ?? 0,
      sent: counts.reduce((sum, count) => sum + count.bytesOut, 0),
      received: counts.reduce((sum, count) => sum + count.bytesIn, 0),
    },
  };
}
