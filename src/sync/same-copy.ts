import { PaperlessError, type WireDocument } from '../paperless';
import type { SyncRow } from '../state';

/**
 * Throws (class `instance`) when what stands under a copy's number isn't the copy: a replica that was set back to a backup gives numbers of lost copies to
 * other documents, and those are somebody's.
 */
export function demandSameCopy(row: SyncRow, found: Pick<WireDocument, 'id' | 'added'>): void {
  if (row.copyAdded === null || Date.parse(found.added) === Date.parse(row.copyAdded)) return;
  throw new PaperlessError({
    class: 'instance',
    code: 'another-instance',
    message: `This replica is not the instance it was: its document ${found.id} arrived at ${found.added}, and the copy that we know by this number at ${row.copyAdded}. It was restored from a backup, or another server answers at this address.`,
    nextStep: 'That document was left alone. Check the address. If it is the replica now, resync it: what is there is taken up again by its bytes.',
  });
}
