/** Seeded randomness: the same seed and salt give the same row of numbers everywhere. Not for secrets. */
export class Random {
  private state: number;

  constructor(seed: number, ...salt: (number | string)[]) {
    // FNV-1a over the salt, so that what one document draws doesn't depend on what others drew.
    let hash = 0x811c9dc5 ^ (seed | 0);
    for (const char of salt.join('/')) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.state = hash | 0;
    for (let i = 0; i < 4; i += 1) this.word();
  }

  /** 32 random bits, unsigned (mulberry32). */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + (this.word() % (to - from + 1));
  }

  chance(percent: number): boolean {
    return this.word() % 10_000 < percent * 100;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.word() % list.length];
    if (item === undefined) throw new Error('Random.pick: the list is empty.');
    return item;
  }

  /** `count` different items, in the list's order. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = list.map((_, index) => index);
    const chosen: number[] = [];
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.word() % left.length, 1));
    return chosen.sort((a, b) => a - b).flatMap((index) => list.slice(index, index + 1));
  }

  bytes(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i += 1) words[i] = this.word();
    return new Uint8Array(words.buffer, 0, length);
  }
}
