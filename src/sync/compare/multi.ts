/** Numbers by number, nearly always one each: as small as two numbers then. */
export class Multi {
  private readonly first = new Map<number, number>();
  private readonly further = new Map<number, number[]>();

  add(key: number, value: number): void {
    const first = this.first.get(key);
    if (first === undefined) this.first.set(key, value);
    else if (first !== value) {
      const more = this.further.get(key);
      if (more === undefined) this.further.set(key, [value]);
      else if (!more.includes(value)) more.push(value);
    }
  }

  /** Each once, in the order in which they came. */
  get(key: number): number[] {
    const first = this.first.get(key);
    return first === undefined ? [] : [first, ...(this.further.get(key) ?? [])];
  }

  get empty(): boolean {
    return this.first.size === 0;
  }

  keys(): IterableIterator<number> {
    return this.first.keys();
  }
}
