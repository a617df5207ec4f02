import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseUnwritableError } from './errors';

const reason = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

/** Finds out before SQLite does, whose errors name neither the path nor the cause. */
export function checkWritable(path: string): void {
  const folder = dirname(resolve(path));
  try {
    if (!statSync(folder).isDirectory()) throw new Error('ENOTDIR');
  } catch (error) {
    throw new DatabaseUnwritableError(
      path,
      `the folder ${folder} isn't there (${reason(error)})`,
      'Create it, or mount the volume, and start again.',
    );
  }
  try {
    // SQLite writes its journal beside the file, so the folder counts as well.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DatabaseUnwritableError(
      path,
      `this user may not write in ${folder} (${reason(error)})`,
      `Give the folder to the user that the controller runs as (uid ${process.getuid?.() ?? 'unknown'}).`,
    );
  }
  if (existsSync(path) && !statSync(path).isFile()) {
    throw new DatabaseUnwritableError(path, "what is there isn't a file", 'Give the path of a file, such as /data/db.sqlite3.');
  }
  try {
    // An existing file is never opened here: closing it would drop the locks that SQLite holds on it in this process.
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
    // Made here and not by SQLite, so that nobody else can read it: it holds documents' metadata.
    else closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    throw new DatabaseUnwritableError(
      path,
      `it can't be opened for writing (${reason(error)})`,
      'Give the file to the user that the controller runs as.',
    );
  }
}
