import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** The checkout: this file is dist/test/unit/house/checkout.js in it. */
export const checkout = dirname(dirname(dirname(dirname(__dirname))));

const versions = z.record(z.string(), z.string());

export const manifest = z
  .object({
    main: z.string(),
    bin: versions,
    files: z.array(z.string()),
    scripts: versions,
    dependencies: versions,
    peerDependencies: versions,
    devDependencies: versions,
    'node-red': z.object({ nodes: versions, plugins: versions }),
  })
  .parse(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')));
