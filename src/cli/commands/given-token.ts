import type { Io } from '../command';
import { usageError } from '../exit';

/** A secret as given, or read from standard input for `-`, so that it needn't stand in the shell's history and the list of processes. */
export async function givenToken(io: Io, given: string | undefined): Promise<string | undefined> {
  if (given !== '-') return given;
  const token = (await io.readInput()).trim();
  if (token === '') throw usageError('There is nothing on standard input.', 'Pipe it in, as in: pngx replica add … --token - < token.txt');
  return token;
}
