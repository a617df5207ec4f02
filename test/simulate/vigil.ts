import type { TransportRequest } from '../../src/paperless/transport';
import type { Site } from '../support/site';
import { living } from '../support/oracle';
import { unheard } from './sqlite';
import { Unmet, type Check, type Story } from './story';

/** Longer ones are handed up, and wait as a row or a cycle. */
const LONGEST_HOLD_SECONDS = 60;

/** What comes between the look for a file and its upload was not to be seen. */
const LOOKED_BEFORE_MS = 30_000;
const FORM_HEAD = 4096;
const MARK = /\[pngx:([0-9a-f]{10})\]/u;
const WRITES: ReadonlySet<string> = new Set(['documents.patch', 'documents.patch-version', 'notes.add', 'notes.delete']);

/** What may never happen, whatever came before and however well it ends: watched request by request. */
export class Vigil {
  readonly #notBefore = new WeakMap<TransportRequest, number>();
  readonly #sent = new WeakSet<TransportRequest>();
  /** Of the master's documents: those that weren't alive at some time. */
  readonly #everGone = new Set<number>();
  #unmet: Unmet | null = null;

  constructor(private readonly story: Story) {
    const { world } = story;
    world.onAnswer(({ request }, { status, headers }) => {
      const seconds = Number(headers['retry-after'] ?? Number.NaN);
      if ((status === 429 || status === 503) && seconds <= LONGEST_HOLD_SECONDS) this.#notBefore.set(request, world.time.now() + seconds * 1000);
    });
    world.onRequest(({ site, request, bytes }) => {
      // What a server's worker changes, it changes by itself.
      story.rememberFiles();
      this.#noteGone();
      if (world.time.now() < (this.#notBefore.get(request) ?? 0))
        this.#say('manners', `${site.name} asked not to be asked before a time, and was: ${request.method} ${request.path}`);
      // What may be sent again is a new request of its own, after a look at what became of the first.
      if (request.method === 'POST' && request.operation !== 'tasks.acknowledge' && this.#sent.has(request))
        this.#say('doubled', `${site.name} was sent the same ${request.operation} twice, unseen what became of the first`);
      this.#sent.add(request);
      if (site !== world.master && request.operation === 'documents.upload') this.#upload(site, bytes);
      if (site !== world.master && WRITES.has(request.operation))
        this.#change(site, Number(/\/documents\/(\d+)\//u.exec(request.path)?.[1]), request.operation);
      if (site !== world.master && request.operation === 'documents.trash')
        this.#trash(site, Number(/\/documents\/(\d+)\//u.exec(request.path)?.[1]));
      return Promise.resolve();
    });
  }

  check(): void {
    if (this.#unmet !== null) throw this.#unmet;
    for (const event of this.story.world.events)
      if (event.type === 'log' && event.entry.message.includes('IllegalMoveError'))
        throw new Unmet('words', `two were at one row: ${event.entry.message}`);
  }

  #say(check: Check, about: string): void {
    this.story.note(`!! ${about}`);
    this.#unmet ??= new Unmet(check, about);
  }

  #noteGone(): void {
    const { documents } = this.story.world.master.instance.store;
    for (const id of this.story.files.keys()) if (documents.get(id)?.deletedAt !== null) this.#everGone.add(id);
  }

  /** A file isn't sent while what came of sending it before is there. The mark in a title says of what it is. */
  #upload(site: Site, form: Uint8Array): void {
    const { world, faults } = this.story;
    if (faults['process-paused'] !== undefined) return;
    unheard(() => {
      const { registry } = world.store;
      const replicaId = world.idOf(site);
      const sent = (title: string): ReturnType<typeof registry.intentByNonce> => {
        const nonce = MARK.exec(title)?.[1];
        return nonce === undefined ? null : registry.intentByNonce(replicaId, nonce);
      };
      const now = sent(Buffer.from(form).toString('utf8', 0, FORM_HEAD));
      if (now === null) return;
      for (const { id, title, added } of living(site.instance)) {
        const before = sent(title);
        const same = before?.masterDocId === now.masterDocId && before.intent.sha256 === now.intent.sha256;
        if (same && !registry.isMapped(replicaId, id) && added / 1000 < site.instance.store.environment.clock.now() - LOOKED_BEFORE_MS)
          this.#say('doubled', `${site.name} was sent document ${now.masterDocId} again, which is there as ${id} since it was sent before`);
      }
    });
  }

  /** What is called good isn't changed by ourselves: whoever writes to a copy has said before that it is at work there. One who slept meanwhile can't know. */
  #change(site: Site, copyId: number, operation: string): void {
    const { world, faults } = this.story;
    if (faults['process-paused'] !== undefined) return;
    const row = unheard(() => world.store.registry.rowByReplicaDoc(world.idOf(site), copyId));
    if (row?.status === 'ok' || row?.status === 'limited')
      this.#say('words', `${site.name}: ${operation} of ${copyId}, which is called ${row.status} all the while`);
  }

  /** A document that was never gone from the master keeps a copy, even while another takes its place. */
  #trash(site: Site, copyId: number): void {
    const { story } = this;
    const copy = site.instance.store.documents.get(copyId);
    if (copy === undefined || copy.deletedAt !== null || story.faults['master-set-back'] !== undefined) return;
    const owners = [...story.files].filter(([, files]) => files.has(copy.original.sha256));
    const [owner] = owners;
    if (owner === undefined || owners.length > 1 || this.#everGone.has(owner[0])) return;
    const others = living(site.instance).filter((row) => row.id !== copyId && owner[1].has(row.original.sha256));
    if (others.length === 0)
      this.#say('lost', `${site.name}: ${copyId}, the only copy of document ${owner[0]}, which lives on the master, was trashed`);
  }
}
