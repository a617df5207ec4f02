import type { WireDocument } from '../paperless';
import type { Lane } from './lane';

/** Documents on the replica with exactly these bytes, in their first file or (3.x) any. */
export function twinsOf(lane: Lane, sha256: string, md5: string): Promise<WireDocument[]> {
  return lane.writer.documentsByChecksum(lane.writer.capabilities.checksum === 'md5' ? md5 : sha256, lane.call);
}
