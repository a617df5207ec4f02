import { seededRandom } from '../../simulator/environment';

/** A seed's dice. Each part of a story has its own, so that more rolls in one don't change another. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number, part: string) {
    let mixed = seed >>> 0;
    for (const letter of part) mixed = (Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) + 0x9e3779b9) >>> 0;
    const random = seededRandom(mixed);
    this.#next = () => random.next();
  }

  /** 0 ≤ n < below */
  int(below: number): number {
    return Math.floor(this.#next() * below);
  }

  /** Both ends included. */
  between(least: number, most: number): number {
    return least + this.int(most - least + 1);
  }

  is(share: number): boolean {
    return this.#next() < share;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[this.int(list.length)] as T;
  }

  /** undefined from an empty list. */
  any<T>(list: readonly T[]): T | undefined {
    return list[this.int(list.length)];
  }

  /** Each with this share. */
  some<T>(list: readonly T[], share = 0.5): T[] {
    return list.filter(() => this.is(share));
  }

  weighted<T>(list: readonly (readonly [weight: number, what: T])[]): T {
    let left = this.#next() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, what] of list) {
      left -= weight;
      if (left < 0) return what;
    }
    return this.pick(list.map(([, what]) => what));
  }

  shuffled<T>(list: readonly T[]): T[] {
    const rest = [...list];
    for (let n = rest.length - 1; n > 0; n -= 1) {
      const other = this.int(n + 1);
      [rest[n], rest[other]] = [rest[other] as T, rest[n] as T];
    }
    return rest;
  }
}
