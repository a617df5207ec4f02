import { isPaperlessError, type CallOptions, type PaperlessReader, type WireDocument } from '../../paperless';
import { hashing, type Sums } from '../../paperless/hashing';
import { EQUAL, different, judged, type Judgement } from './judgement';

const ATTEMPTS = 3;

/** A file that its server lists and doesn't give. */
class Unreadable extends Error {}

type One = Pick<WireDocument, 'id' | 'versions'>;

/**
 * Whether two documents have the same bytes, proven by what the two servers say or give today. Between majors nothing that one of them lists says
 * anything about the other's (MD5 here, SHA-256 there): the 3.x file is read and hashed, and the 2.x server is asked for that MD5.
 */
export class Files {
  /** Bytes of originals that were read, by side. */
  readonly read = { master: 0, replica: 0 };
  /** Master ids whose pair was proven while it was looked for. */
  readonly proven = new Set<number>();

  constructor(
    private readonly master: PaperlessReader,
    private readonly replica: PaperlessReader,
    private readonly allBytes: boolean,
    private readonly call: CallOptions,
  ) {}

  get acrossMajors(): boolean {
    return this.master.capabilities.checksum !== this.replica.capabilities.checksum;
  }

  async judge(master: One, replica: One): Promise<Judgement> {
    try {
      if (this.allBytes) return await this.judgeBytes(master, replica);
      if (!this.acrossMajors) return judged(await this.listed('master', master), await this.listed('replica', replica));
      if (this.proven.has(master.id)) return EQUAL;
      return await this.judgeAcross(master, replica);
    } catch (error) {
      if (error instanceof Unreadable) return different('a readable file', error.message);
      throw error;
    }
  }

  /** Every version where both have as many, else the newest. */
  private async judgeBytes(master: One, replica: One): Promise<Judgement> {
    const chain = master.versions.length === replica.versions.length ? master.versions.length : 0;
    for (let position = 0; position < Math.max(1, chain); position += 1) {
      const { sha256 } = await this.sums('master', master.id, master.versions[position]?.id ?? null, chain);
      const other = await this.sums('replica', replica.id, replica.versions[position]?.id ?? null, chain);
      if (sha256 !== other.sha256) return different(sha256, other.sha256);
    }
    return EQUAL;
  }

  private async judgeAcross(master: One, replica: One): Promise<Judgement> {
    if (this.master.capabilities.checksum === 'sha256') {
      const { md5 } = await this.sums('master', master.id, null);
      if ((await this.holders('replica', md5)).includes(replica.id)) return EQUAL;
      return different(md5, await this.listed('replica', replica));
    }
    const { md5 } = await this.sums('replica', replica.id, null);
    if ((await this.holders('master', md5)).includes(master.id)) return EQUAL;
    return different(await this.listed('master', master), md5);
  }

  /** Checksum of the newest original as its server lists it; a 2.x document's takes a request. */
  async listed(side: 'master' | 'replica', document: One): Promise<string> {
    const newest = document.versions.at(-1);
    if (newest !== undefined) return newest.checksum;
    const metadata = await this[side].metadata(document.id, this.call);
    if (metadata === null) throw new Unreadable('no metadata');
    return metadata.originalChecksum;
  }

  /** Ids of a side's documents whose file has this checksum. */
  async holders(side: 'master' | 'replica', checksum: string): Promise<number[]> {
    return (await this[side].documentsByChecksum(checksum, this.call)).map((d) => d.id);
  }

  /** MD5 of a document's newest original, read whole; null when its server doesn't give it. */
  async md5(side: 'master' | 'replica', id: number): Promise<string | null> {
    try {
      return (await this.sums(side, id, null)).md5;
    } catch (error) {
      if (error instanceof Unreadable) return null;
      throw error;
    }
  }

  /** Reads a file and keeps nothing of it. `chain` 0: the newest, whatever `versionId` says. */
  private async sums(side: 'master' | 'replica', id: number, versionId: number | null, chain = 0): Promise<Sums> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const download = await this[side].download(id, chain === 0 ? null : versionId, this.call);
        const { chunks, result } = hashing(download.chunks);
        for await (const chunk of chunks) this.read[side] += chunk.byteLength;
        return result();
      } catch (error) {
        if (!isPaperlessError(error) || error.class === 'instance' || error.class === 'aborted') throw error;
        // A server that is away as a whole fails the next list too, and is told there.
        if (error.class === 'document' || attempt === ATTEMPTS) throw new Unreadable(`${side}: ${error.message}`);
      }
    }
  }
}
