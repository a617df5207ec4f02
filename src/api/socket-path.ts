import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../controller/types';

/** sun_path holds 104 bytes on macOS and BSD, 108 on Linux, its terminator included. */
const LONGEST = 103;

/** One database, one name, whichever way the path was written. */
function real(databasePath: string): string {
  try {
    return realpathSync(databasePath);
  } catch {
    try {
      return join(realpathSync(dirname(databasePath)), basename(databasePath));
    } catch {
      return databasePath;
    }
  }
}

/** A folder that only we can write, for sockets whose own place has too long a name. Throws ConfigError when somebody else has it. */
function privateFolder(): string {
  const { uid } = userInfo();
  const folder = join(tmpdir(), `pngx-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const info = lstatSync(folder);
  if (!info.isDirectory() || info.uid !== uid || (info.mode & 0o077) !== 0) {
    throw new ConfigError(
      'socket-folder',
      `${folder} isn't a folder of ours that others can't enter.`,
      'Remove it, or use a shorter path for the database.',
    );
  }
  return folder;
}

/** Where the controller of a database listens for commands: `<database>.sock`, or under the temporary folder where that name is too long for a socket. */
export function socketPathOf(databasePath: string): string {
  const path = real(databasePath);
  const beside = `${path}.sock`;
  if (Buffer.byteLength(beside) <= LONGEST) return beside;
  return join(privateFolder(), `${createHash('sha256').update(path).digest('hex').slice(0, 24)}.sock`);
}
