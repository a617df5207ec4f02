import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The package's root, seen from dist/src/api. */
export const packageRoot = join(__dirname, '..', '..', '..');

const manifest = z.object({ version: z.string() });

/** This package's version. */
export function productVersion(): string {
  return manifest.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))).version;
}
