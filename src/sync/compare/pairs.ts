/** Which of the replica's documents is compared with which of the master's. Ids alone: it may be the whole library. */
export class Pairs {
  private readonly copies = new Map<number, number>();
  private readonly taken = new Set<number>();
  /** How many pairs were found in which way. */
  readonly found = { map: 0, checksum: 0, title: 0 };

  constructor(
    private readonly masterIds: ReadonlySet<number>,
    private readonly replicaIds: ReadonlySet<number>,
  ) {}

  /** False when one of the two isn't there, or has its pair already. */
  add(masterId: number, replicaId: number, by: keyof Pairs['found']): boolean {
    if (!this.masterIds.has(masterId) || !this.replicaIds.has(replicaId)) return false;
    if (this.copies.has(masterId) || this.taken.has(replicaId)) return false;
    this.copies.set(masterId, replicaId);
    this.taken.add(replicaId);
    this.found[by] += 1;
    return true;
  }

  get size(): number {
    return this.copies.size;
  }

  copyOf(masterId: number): number | undefined {
    return this.copies.get(masterId);
  }

  isCopy(replicaId: number): boolean {
    return this.taken.has(replicaId);
  }

  onMaster(masterId: number): boolean {
    return this.masterIds.has(masterId);
  }

  mastersLeft(): number[] {
    return [...this.masterIds].filter((id) => !this.copies.has(id));
  }

  replicasLeft(): number[] {
    return [...this.replicaIds].filter((id) => !this.taken.has(id));
  }
}

export function chunksOf<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));
}

/** Runs `work` over a list, `width` at a time. The first failure ends it. */
export async function inParallel<T>(list: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = list.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, worker));
}
