import type { CallOptions, WireDocument } from '../../paperless';
import { strip } from '../text';
import type { PairContext } from './fields';
import { EQUAL, different, type Judgement } from './judgement';

/** Texts of all versions but the newest, whose text is the document's; null where there are none, or not as many on both sides. */
export async function judgeOlderTexts(
  master: WireDocument,
  replica: WireDocument,
  { master: ours, replica: theirs }: PairContext,
  call: CallOptions,
): Promise<Judgement | null> {
  const older = master.versions.slice(0, -1);
  if (older.length === 0 || replica.versions.length !== master.versions.length) return null;
  for (const [position, version] of older.entries()) {
    const [wanted, found] = await Promise.all([
      ours.reader.versionContent(master.id, version.id, call),
      theirs.reader.versionContent(replica.id, replica.versions[position]?.id ?? 0, call),
    ]);
    if (wanted === null || found === null) return different(wanted ?? 'not there', found ?? 'not there');
    if (strip(wanted) !== strip(found)) return different(strip(wanted), strip(found));
  }
  return EQUAL;
}
