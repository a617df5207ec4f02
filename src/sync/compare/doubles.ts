import type { CallOptions, PaperlessReader, WireDocument } from '../../paperless';
import { nonceIn } from '../upload-mark';
import { versionKeys } from './match';
import { Multi } from './multi';
import { chunksOf } from './pairs';
import type { Described } from './side';
import { Roll } from './tally';

const CHUNK = 250;

/** Documents of the replica that are nobody's copy and hold the bytes and the title of one that is. Only 3.x can: 2.x has bytes once. */
export class Doubles {
  readonly roll = new Roll();
  private readonly ids = new Set<number>();

  private constructor(
    private readonly replica: PaperlessReader,
    private readonly index: Multi,
    private readonly call: CallOptions,
  ) {}

  /** `left`: ids on the replica that no document of the master is paired with. */
  static async among(left: readonly number[], replica: PaperlessReader, call: CallOptions): Promise<Doubles> {
    const index = new Multi();
    if (replica.capabilities.identicalBytes) {
      for (const chunk of chunksOf(left, CHUNK)) {
        for (const d of await replica.documentsByIds(chunk, call)) for (const key of versionKeys(d)) index.add(key, d.id);
      }
    }
    return new Doubles(replica, index, call);
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Looks for second copies of one that was paired. */
  async look(master: Described, copy: Described): Promise<void> {
    const alike = [...new Set(versionKeys(copy.wire).flatMap((key) => this.index.get(key)))].filter((id) => !this.ids.has(id));
    if (alike.length === 0) return;
    const ours = checksums(copy.wire);
    const titles = new Set([copy.wire.title, master.wire.title]);
    for (const d of await this.replica.documentsByIds(alike, this.call)) {
      if (![...checksums(d)].some((checksum) => ours.has(checksum))) continue;
      if (!titles.has(d.title) && nonceIn(d.title) === undefined) continue;
      this.ids.add(d.id);
      this.roll.add(d.id, d.title, `the same as ${copy.wire.id}, the copy of ${master.wire.id}`);
    }
  }
}

function checksums(document: WireDocument): Set<string> {
  return new Set([document.versions[0], document.versions.at(-1)].flatMap((v) => v?.checksum ?? []));
}
