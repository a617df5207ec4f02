import { isPaperlessError } from '../../paperless';
import { hashing } from '../../paperless/hashing';
import { failing } from '../instance-failure';
import type { Run } from '../run';
import { markUnreadable, type Reading, type Surveyed } from './survey';

export interface ReadReport {
  read: number;
  bytes: number;
  /** Couldn't be read: the file isn't there, or isn't what the server says it is. */
  failed: number;
  /** What a deadline left for the next time. */
  left: number;
}

/** How many documents are asked for their size when the sizes of all are to be told. */
const SAMPLE = 20;

/** Bytes that these readings will download: what is known, and for the others a sample's mean. */
export async function estimateBytes(run: Run, readings: readonly Reading[]): Promise<number> {
  const downloads = readings.filter(({ via }) => via === 'download');
  if (downloads.length === 0) return 0;
  const stride = Math.max(1, Math.floor(downloads.length / SAMPLE));
  const sample = downloads.filter((_, at) => at % stride === 0).slice(0, SAMPLE);
  let bytes = 0;
  let asked = 0;
  for (const { id } of sample) {
    if (run.signal.aborted) break;
    bytes += (await run.onMaster(() => run.master.metadata(id)))?.originalSize ?? 0;
    asked += 1;
  }
  return asked === 0 ? 0 : Math.round((bytes / asked) * downloads.length);
}

/**
 * Reads what is asked for, one after the other: a web worker is one lane, and its users share it. What was read is kept in the registry at once, so that a
 * deadline costs the document under way and no more. `alive` is called between documents.
 */
export async function readChecksums(run: Run, replica: Surveyed, readings: readonly Reading[], alive: () => void): Promise<ReadReport> {
  const report: ReadReport = { read: 0, bytes: 0, failed: 0, left: readings.length };
  const failed: Reading[] = [];
  for (const reading of readings) {
    if (run.signal.aborted) break;
    try {
      const bytes = reading.via === 'download' ? await download(run, reading) : await metadata(run, replica, reading);
      if (bytes === null) failed.push(reading);
      else {
        report.read += 1;
        report.bytes += bytes;
      }
    } catch (error) {
      if (isPaperlessError(error) && error.class === 'aborted') break;
      throw error;
    }
    report.left -= 1;
    alive();
  }
  markUnreadable(run, replica.replicaId, failed);
  return { ...report, failed: failed.length };
}

/** The whole file, hashed as it passes and kept nowhere. null when it can't be had, or isn't what the master says it has. */
async function download(run: Run, { id, versionId, sha256 }: Reading & { via: 'download' }): Promise<number | null> {
  return run.onMaster(async () => {
    try {
      const answer = await run.master.download(id, versionId, run.call);
      const stream = hashing(answer.chunks);
      await drain(stream.chunks);
      const sums = stream.result();
      const said = sha256 ?? (await run.master.metadata(id, run.call))?.originalChecksum ?? null;
      if (said !== (said?.length === 32 ? sums.md5 : sums.sha256)) {
        run.log('warning', `The file of document ${id} arrived with another checksum than the master gives for it; it is left out.`, { docId: id });
        return null;
      }
      run.store.fenced(run.epoch, () => run.store.registry.learnFile({ masterDocId: id, versionId: versionId ?? 0, ...sums }));
      return sums.size;
    } catch (error) {
      return missing(run, id, error);
    }
  });
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function metadata(run: Run, replica: Surveyed, { side, id }: Reading & { via: 'metadata' }): Promise<number | null> {
  const reader = side === 'master' ? run.master : replica.reader;
  return failing(side, reader.name, async () => {
    try {
      const found = await reader.metadata(id, run.call);
      if (found === null) return null;
      run.store.fenced(run.epoch, () => {
        if (side === 'master') run.store.registry.learnMd5(id, found.originalChecksum, found.originalSize ?? 0);
        else run.store.registry.learnReplicaChecksum(replica.replicaId, id, found.originalChecksum);
      });
      return 0;
    } catch (error) {
      return missing(run, id, error);
    }
  });
}

/** One document that can't be read is no reason to give up on the others. */
function missing(run: Run, id: number, error: unknown): null {
  if (!isPaperlessError(error) || error.class !== 'document') throw error;
  run.log('warning', `Document ${id} can't be read: ${error.message}`, { docId: id });
  return null;
}
