import type { CallOptions, PaperlessReader, WireDocument } from '../../paperless';
import { keptTitle } from '../normalise';
import { sha256 } from '../text';
import type { Files } from './files';
import { Multi } from './multi';
import { chunksOf, inParallel, type Pairs } from './pairs';

const CHUNK = 250;
/** Requests at once to one server. */
const WIDTH = 2;

/** 48 bits of a hash as a number: an index of a library costs no more than its ids. What it finds is proven by the whole value. */
export function key48(hex: string): number {
  return Number.parseInt(hex.slice(0, 12), 16);
}

function titleKey(title: string, created: string): number {
  return key48(sha256(`${created} ${title}`));
}

/** Looks for pairs among what no map has paired: by bytes, and without any map also by title and date. */
export class Matcher {
  /** Master ids without a pair whose bytes another copy on the replica has: that copy's id. */
  readonly heldBy = new Map<number, number>();

  constructor(
    private readonly master: PaperlessReader,
    private readonly replica: PaperlessReader,
    private readonly pairs: Pairs,
    private readonly files: Files,
    private readonly call: CallOptions,
  ) {}

  async byChecksum(): Promise<void> {
    const left = this.pairs.mastersLeft();
    if (left.length === 0) return;
    const claims = await this.claimsByBytes(left);
    await this.assign(claims, 'checksum');
    for (const masterId of claims.keys()) {
      const [holder] = claims.get(masterId);
      if (this.pairs.copyOf(masterId) === undefined && holder !== undefined) this.heldBy.set(masterId, holder);
    }
  }

  /** Only where the master's title and date fit one document alone, and that one fits no other: what is ambiguous isn't guessed. */
  async byTitle(): Promise<void> {
    const [masters, replicas] = [this.pairs.mastersLeft(), this.pairs.replicasLeft()];
    if (masters.length === 0 || replicas.length === 0) return;
    const index = new Multi();
    for await (const d of walk(this.replica, replicas, this.call)) index.add(titleKey(d.title, d.created), d.id);
    const claims = new Multi();
    for await (const d of walk(this.master, masters, this.call)) {
      for (const id of index.get(titleKey(keptTitle(d.title), d.created))) claims.add(d.id, id);
    }
    this.assignUncontested(claims, 'title');
  }

  /** Master id → ids of the replica's documents with the same bytes. */
  private async claimsByBytes(masters: readonly number[]): Promise<Multi> {
    const claims = new Multi();
    const [ours, theirs] = [this.master.capabilities.checksum, this.replica.capabilities.checksum];
    if (ours === 'sha256' && theirs === 'sha256') {
      const index = new Multi();
      for await (const d of walk(this.replica, this.pairs.replicasLeft(), this.call)) for (const key of versionKeys(d)) index.add(key, d.id);
      for await (const d of walk(this.master, masters, this.call)) {
        for (const key of versionKeys(d)) for (const id of index.get(key)) claims.add(d.id, id);
      }
    } else if (theirs === 'md5') {
      await inParallel(masters, WIDTH, async (id) => {
        const md5 = ours === 'md5' ? (await this.master.metadata(id, this.call))?.originalChecksum : await this.files.md5('master', id);
        if (md5 != null) for (const holder of await this.files.holders('replica', md5)) claims.add(id, holder);
      });
    } else {
      // The 2.x master can be asked for an MD5, the 3.x replica only for what it lists: its side is read.
      await inParallel(this.pairs.replicasLeft(), WIDTH, async (id) => {
        const md5 = await this.files.md5('replica', id);
        if (md5 !== null) for (const holder of await this.files.holders('master', md5)) claims.add(holder, id);
      });
    }
    return claims;
  }

  /** Twins of identical bytes are told apart by title and date, then by title; what is still alike is alike. */
  private async assign(claims: Multi, by: 'checksum'): Promise<void> {
    this.assignUncontested(claims, by);
    const twins = [...claims.keys()].filter((id) => this.free(claims, id).length > 0);
    const rules: ((m: WireDocument, r: WireDocument) => boolean)[] = [
      (m, r) => keptTitle(m.title) === r.title && m.created === r.created,
      (m, r) => keptTitle(m.title) === r.title,
      () => true,
    ];
    for (const rule of rules) {
      for (const chunk of chunksOf(twins, CHUNK)) {
        const masters = await this.master.documentsByIds(chunk, this.call);
        const candidates = await this.replica.documentsByIds([...new Set(chunk.flatMap((id) => this.free(claims, id)))], this.call);
        for (const m of masters.toSorted((a, b) => a.id - b.id)) {
          const free = new Set(this.free(claims, m.id));
          const fitting = candidates.filter((r) => free.has(r.id) && rule(m, r)).sort((a, b) => a.id - b.id)[0];
          if (fitting !== undefined) this.pair(m.id, fitting.id, by);
        }
      }
    }
  }

  private assignUncontested(claims: Multi, by: 'checksum' | 'title'): void {
    const claimants = new Map<number, number>();
    for (const masterId of claims.keys()) for (const id of claims.get(masterId)) claimants.set(id, (claimants.get(id) ?? 0) + 1);
    for (const masterId of claims.keys()) {
      const [only, ...others] = this.free(claims, masterId);
      if (only !== undefined && others.length === 0 && claimants.get(only) === 1) this.pair(masterId, only, by);
    }
  }

  private pair(masterId: number, replicaId: number, by: 'checksum' | 'title'): void {
    if (this.pairs.add(masterId, replicaId, by) && by === 'checksum' && this.files.acrossMajors) this.files.proven.add(masterId);
  }

  /** Candidates that aren't anybody's copy yet; none for a master document that has its pair. */
  private free(claims: Multi, masterId: number): number[] {
    if (this.pairs.copyOf(masterId) !== undefined) return [];
    return claims.get(masterId).filter((id) => !this.pairs.isCopy(id));
  }
}

/** A 3.x document is found by its first file and by its newest. */
export function versionKeys(document: WireDocument): number[] {
  const checksums = [document.versions[0], document.versions.at(-1)].flatMap((v) => (v === undefined ? [] : [key48(v.checksum)]));
  return [...new Set(checksums)];
}

async function* walk(reader: PaperlessReader, ids: readonly number[], call: CallOptions): AsyncGenerator<WireDocument> {
  for (const chunk of chunksOf(ids, CHUNK)) yield* await reader.documentsByIds(chunk, call);
}
