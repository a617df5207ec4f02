import type { CallOptions, PaperlessReader } from '../../paperless';
import type { Pairs } from './pairs';

const PAGE = 250;

/** Archive serial numbers are given out once, the trash included: who has one that a copy should have. */
export class AsnHolders {
  private trashed: Promise<ReadonlySet<number>> | undefined;

  constructor(
    private readonly replica: PaperlessReader,
    private readonly pairs: Pairs,
    private readonly call: CallOptions,
  ) {}

  /** A live document that is nobody's copy, or one in the trash: the copy can't have the number. */
  async heldByAnother(asn: number): Promise<boolean> {
    const holders = await this.replica.documentsByAsn(asn, this.call);
    if (holders.length > 0) return holders.every((d) => !this.pairs.isCopy(d.id));
    this.trashed ??= this.readTrash();
    return (await this.trashed).has(asn);
  }

  private async readTrash(): Promise<ReadonlySet<number>> {
    const numbers = new Set<number>();
    for (let page = 1; ; page += 1) {
      const { results, more } = await this.replica.trash(page, PAGE, this.call);
      for (const { archiveSerialNumber } of results) if (archiveSerialNumber !== null) numbers.add(archiveSerialNumber);
      if (!more) return numbers;
    }
  }
}
