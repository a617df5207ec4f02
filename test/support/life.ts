/** The engine's process: once it is dead nothing reaches it any more, and while it is frozen nothing reaches it yet. */
export class Life {
  alive = true;
  #held: (() => void)[] | null = null;

  constructor(private readonly died: () => void = () => undefined) {}

  get frozen(): boolean {
    return this.#held !== null;
  }

  /** kill -9. */
  crash(): void {
    if (!this.alive) return;
    this.end();
    this.died();
  }

  /** As a crash of which nobody is told. */
  end(): void {
    this.alive = false;
    this.#held = null;
  }

  /** As a suspended laptop, or a virtual machine of which a snapshot is taken. */
  freeze(): void {
    if (this.alive) this.#held ??= [];
  }

  /** It goes on where it was, and hears what came meanwhile. */
  thaw(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const act of held) this.reach(act);
  }

  /** Something comes to the process, or comes of it: now, when it wakes, or never. */
  reach(act: () => void): void {
    if (!this.alive) return;
    if (this.#held === null) act();
    else this.#held.push(act);
  }
}
