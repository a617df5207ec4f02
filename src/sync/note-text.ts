import type { WireNote } from '../paperless';

/**
 * A note as a copy is to have it. A replica writes its own author and time on every note; with `prefix` the master's stand in front of the text:
 * `[alice, 2026-03-01 09:30 UTC] text`, without a name where the user is gone. UTC, so that a server's zone doesn't change what was written.
 */
export function noteText(note: WireNote, prefix: boolean): string {
  if (!prefix) return note.note;
  const time = `${new Date(note.created).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `[${note.user === null ? '' : `${note.user}, `}${time}] ${note.note}`;
}
