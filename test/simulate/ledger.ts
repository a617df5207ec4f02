import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  about: z.string(),
  seeds: z.array(
    z.object({
      seed: z.number().int(),
      generator: z.number().int(),
      taught: z.string(),
      /** The test that holds what was learned; null where it was the simulator or the oracle that learned. */
      held: z.string().nullable(),
      /** Known and not mended. */
      open: z.boolean().optional(),
    }),
  ),
});

export type Ledger = z.infer<typeof schema>;

/** Read from the sources: compiling leaves it where it is. */
export function readLedger(): Ledger {
  return schema.parse(JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'test', 'simulate', 'ledger.json'), 'utf8')));
}
