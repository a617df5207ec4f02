import { main } from './main';
import { processIo } from './process-io';

/** What bin/pngx.js calls: sets the exit code and lets the process end by itself, so that output is written whole. */
export async function runPngx(args: readonly string[]): Promise<void> {
  // A reader that went away (pngx export-map | head) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.exitCode = await main(args, processIo());
}
