import type { DocumentRow } from '../../../simulator/state/rows';
import type { SyncRow } from '../../../src/state';
import type { Site } from '../../support/site';
import { chain, compareTaxonomies, differing, faceOf, living, pythonStrip, wantedFace, type Face } from '../../support/oracle';
import { leftOut, retitled } from '../driver';
import type { Story } from '../story';
import type { Check } from '../story';
import { reasonsThatHold, type Grounds } from './reasons';

/** One thing that is not as it should be. */
export interface Finding {
  check: Check;
  about: string;
}

/** Policy as the story set it; the oracle asks the registry for nothing but its words. */
interface Policy {
  trash: boolean;
  keepDrift: boolean;
  adopt: boolean;
}

/**
 * Whether a replica holds what the master holds, and whether what the registry says of each document is true. What is demanded follows from the two servers'
 * tables, the policies, and what people did on the replica; the registry's rows are only believed where they say which document stands for which.
 */
export function judge(story: Story, site: Site, rows: readonly SyncRow[]): Finding[] {
  return new Judge(story, site, rows).findings();
}

class Judge {
  readonly #found: Finding[] = [];
  readonly #master: Site;
  readonly #rows: Map<number, SyncRow>;
  readonly #policy: Policy;
  /** Live documents of the replica that stand for a live one of the master. */
  readonly #standing = new Map<number, number>();

  constructor(
    private readonly story: Story,
    private readonly site: Site,
    rows: readonly SyncRow[],
  ) {
    this.#master = story.world.master;
    this.#rows = new Map(rows.map((row) => [row.masterDocId, row]));
    const { settings } = story.cast;
    this.#policy = {
      trash: settings.delete_policy !== 'keep',
      keepDrift: settings.drift_policy !== 'revert',
      adopt: settings.adopt_twins === 'adopt',
    };
  }

  findings(): Finding[] {
    const keepsLooks = this.#keepsLooks;
    for (const about of compareTaxonomies(this.#master.instance, this.site.instance))
      if (!keepsLooks || !/ differs$| lacks its option /u.test(about)) this.#add('different', about);
    const here = new Set(living(this.#master.instance).map(({ id }) => id));
    this.#pair(here);
    for (const row of living(this.#master.instance)) this.#document(row);
    for (const row of this.#rows.values()) if (!here.has(row.masterDocId)) this.#gone(row);
    this.#others();
    this.#foreign();
    return this.#found;
  }

  /** Where drift is kept, so are the looks that came back with a replica's backup, an option's former label among them: nobody can tell them from somebody's own. */
  get #keepsLooks(): boolean {
    return this.#policy.keepDrift && this.story.meddlingWith(this.site).setBack;
  }

  /** Fields whose options have a label there that none has on the master. */
  #formerLabels(wanted: Face, found: Face): string[] {
    if (!this.#keepsLooks) return [];
    const selects = this.#master.instance.store.customFields.all().filter(({ dataType }) => dataType === 'select');
    return selects.flatMap(({ name, extraData }) => {
      const key = `custom field ${name}`;
      const labels = ((extraData?.select_options ?? []) as { label: string }[]).map(({ label }) => label);
      return typeof wanted[key] === 'string' && typeof found[key] === 'string' && !labels.includes(found[key]) ? [key] : [];
    });
  }

  #add(check: Check, about: string): void {
    this.#found.push({ check, about: `${this.site.name}: ${about}` });
  }

  /** Which document of the replica stands for which of the master's. */
  #pair(here: ReadonlySet<number>): void {
    for (const row of this.#rows.values()) {
      const copy = this.#copyOf(row);
      if (copy === undefined || !here.has(row.masterDocId)) continue;
      const other = this.#standing.get(copy.id);
      if (other !== undefined) this.#add('words', `documents ${row.masterDocId} and ${other} have one copy, ${copy.id}`);
      this.#standing.set(copy.id, row.masterDocId);
    }
  }

  /** A document that the master has. */
  #document(doc: DocumentRow): void {
    const said = this.#rows.get(doc.id);
    const name = `document ${doc.id}`;
    if (said === undefined) {
      this.#add('lost', `${name} is unknown to the registry`);
      return;
    }
    const words = `${said.status}${said.step === null ? '' : ` ${said.step}`}/${said.verification} ${said.errorCode ?? ''} ${said.reasons.join()} ${said.difference ?? ''}`;
    const copy = this.#copyOf(said);
    const { wanted, found } = this.#faces(doc, copy);
    const differences =
      copy === undefined ? ['it is not there'] : [...differing(wanted, found, this.#formerLabels(wanted, found)), ...this.#deadLinks(copy)];
    const grounds: Grounds = {
      story: this.story,
      master: this.#master,
      site: this.site,
      doc,
      copy,
      differences,
      standing: this.#standing,
      ...this.#policy,
    };
    const told = `${name} (${words}): ${differences.join('; ')}`;
    const wrong = this.#verdict(said, grounds);
    if (wrong !== null) this.#add(wrong.check, `${told}; ${wrong.about}`);
  }

  /** What is wrong with what the registry says; null: nothing. */
  #verdict(said: SyncRow, grounds: Grounds): Finding | null {
    const { copy, differences } = grounds;
    switch (said.status) {
      case 'pending':
        return { check: 'stuck', about: 'it never came to an end' };
      case 'tombstone':
        return { check: 'words', about: 'it lives on the master' };
      case 'ok':
        if (copy === undefined) return { check: 'lost', about: 'it is called ok' };
        if (differences.length > 0) return { check: 'different', about: 'it is called ok' };
        return said.verification === 'matched' ? null : { check: 'words', about: 'it is equal, and not verified' };
      default: {
        const about = reasonsThatHold(grounds, said);
        return about === null ? null : { check: copy === undefined ? 'lost' : said.status === 'error' ? 'stuck' : 'words', about };
      }
    }
  }

  /**
   * Links to what is no more there, and is nobody's copy that waits to come back: paperless shows them, and then refuses to save the document with them.
   */
  #deadLinks(copy: DocumentRow): string[] {
    const { documents, customFields } = this.site.instance.store;
    const copies = new Set([...this.#rows.values()].map(({ replicaDocId }) => replicaDocId));
    return copy.fields.flatMap(({ field, values }) => {
      const links = Array.isArray(values.documentlink) ? (values.documentlink as number[]) : [];
      const dead = links.filter((id) => documents.get(id)?.deletedAt !== null && !copies.has(id));
      return dead.length === 0 ? [] : [`custom field ${customFields.get(field)?.name ?? ''} links to ${dead.join()}, which is not there`];
    });
  }

  #faces(doc: DocumentRow, copy: DocumentRow | undefined): { wanted: Face; found: Face } {
    const there = new Set(this.#standing.values());
    // Links are told by the master's numbers on both sides; one to what the replica doesn't hold can't be there.
    const wanted = wantedFace(this.#master.instance, this.site.instance, doc, ({ id }) => (there.has(id) ? `document ${id}` : null)).face;
    const of = ({ id }: DocumentRow): string => `document ${this.#standing.get(id) ?? `${id} of the replica`}`;
    const found = copy === undefined ? {} : faceOf(this.site.instance, copy, of);
    if (this.story.cast.ownNodes) wanted.title = titleAfter(retitled(this.site.name, doc.title));
    if (this.#master.major === 3 && this.site.major === 3 && copy !== undefined) {
      Object.assign(wanted, versionsOf(this.#master, doc));
      Object.assign(found, versionsOf(this.site, copy));
    } else if (this.site.major === 3) {
      // A 2.x master replaces its file in place; the copy was given a version each time that was seen.
      wanted.files = (wanted.files as string[]).slice(-1);
      found.files = ((found.files ?? []) as string[]).slice(-1);
    }
    return { wanted, found };
  }

  /** A document that the master has no more: trashed, erased, or from a past that it was set back behind. */
  #gone(row: SyncRow): void {
    const name = `document ${row.masterDocId}, which is gone,`;
    if (row.status !== 'tombstone') {
      const waits = row.status === 'error' || row.status === 'pending';
      this.#add(waits ? 'stuck' : 'words', `${name} is ${row.status} ${row.step ?? ''} ${row.errorMessage ?? ''}`);
      return;
    }
    const copy = this.#copyOf(row);
    if (copy === undefined) return;
    if (this.#standing.has(copy.id)) this.#add('words', `${name} has the copy of another, ${copy.id}`);
    // A replica that was set back has again what was trashed there, and nobody looks at graves a second time.
    if (this.#policy.trash && !this.story.meddlingWith(this.site).setBack)
      this.#add('different', `${name} still has its copy ${copy.id} there, and the policy is to trash it`);
    else this.#standing.set(copy.id, row.masterDocId);
  }

  #copyOf(row: SyncRow): DocumentRow | undefined {
    const copy = this.site.instance.store.documents.get(row.replicaDocId);
    return copy !== undefined && copy.deletedAt === null && copy.root === null ? copy : undefined;
  }

  /** Documents of the replica that stand for nothing: somebody's own, or doubles. */
  #others(): void {
    const { foreign, orphans, setBack } = this.story.meddlingWith(this.site);
    const ours = (sha256: string): boolean => [...this.story.files.values()].some((files) => files.has(sha256));
    const whose = (sha256: string): string =>
      [...this.story.files].flatMap(([id, files]) => (files.has(sha256) ? `document ${id}'s` : [])).join(', ') || "nobody's";
    const gone = [...this.story.files].filter(([id]) => this.#master.instance.store.documents.get(id)?.deletedAt !== null);
    for (const row of living(this.site.instance)) {
      if (this.#standing.has(row.id) || foreign.has(row.id) || orphans.has(row.id)) continue;
      const { sha256 } = row.original;
      // What was removed there since its backup was made is there again.
      if (setBack && ours(sha256)) continue;
      if (this.#isFormerCopy(row) || this.#isToldUnproven(row) || this.#isHeldFor(row)) continue;
      // Under `keep` the copy of what is gone stays, also where another one has taken its number since. And a registry that was set back knows nothing of copies
      // that were made since, of documents that are gone by now.
      const stays = !this.#policy.trash || this.story.registrySetBack;
      const index = stays ? gone.findIndex(([, files]) => files.has(sha256)) : -1;
      if (this.#isForgotten(sha256)) continue;
      if (index >= 0) gone.splice(index, 1);
      else this.#add('doubled', `document ${row.id} "${row.title}" stands for nothing; its file is ${whose(sha256)}`);
    }
  }

  /**
   * The copy of an earlier file of a document whose present one the replica can't take, because another document has its bytes: trashed, nothing of the document
   * would be left there, so it stays until a copy of the present file is proven. Where the document has a copy, or the registry doesn't say so, it is a double.
   */
  #isFormerCopy({ id, original }: DocumentRow): boolean {
    return [...this.#rows.values()].some(
      (said) =>
        this.#copyOf(said) === undefined &&
        this.story.files.get(said.masterDocId)?.has(original.sha256) === true &&
        (said.status === 'held'
          ? said.reasons[0] === 'twin' && said.reasons.slice(2).includes(String(id))
          : ['limited', 'error'].includes(said.status) && new RegExp(`its former copy (?:\\d+, )*${id}\\b`, 'u').test(said.errorMessage ?? '')),
    );
  }

  /**
   * What a person renamed before it was known as a second copy of an upload, with nothing else left that proves it: it may be that person's own, so nothing may be
   * trashed, and the controller has to say so by name.
   */
  #isToldUnproven({ id }: DocumentRow): boolean {
    const { story, site } = this;
    const told = `${site.name}: document ${id} "`;
    return (
      story.meddlingWith(site).touched.has(id) &&
      story.world.store.logs
        .query({ level: 'warning', limit: 1000 })
        .some(({ message }) => message.startsWith(told) && message.includes('most likely it is a second copy'))
    );
  }

  /**
   * What a registry that was set back knows nothing of may be somebody's own, where those are not to be adopted: its document waits for a person's word and has
   * no other copy, and the registry names what it waits for.
   */
  #isHeldFor({ id, original }: DocumentRow): boolean {
    return (
      this.story.registrySetBack &&
      !this.#policy.adopt &&
      [...this.#rows.values()].some(
        (said) =>
          said.status === 'held' &&
          this.#copyOf(said) === undefined &&
          said.reasons[0] === 'twin' &&
          said.reasons[1] === String(id) &&
          this.story.files.get(said.masterDocId)?.has(original.sha256) === true,
      )
    );
  }

  /**
   * What a life made that the registry was set back behind, and that has no document's present file: a copy of what is gone, one for each such life, and on a 2.x
   * replica of a file that its document has no more. Nothing tells it from somebody's own any more; where the bytes are a document's present ones, they do.
   */
  #isForgotten(sha256: string): boolean {
    if (!this.story.registrySetBack) return false;
    const present = living(this.#master.instance).some((row) => chain(this.#master.instance, row).at(-1)?.original.sha256 === sha256);
    const earlier = [...this.story.files].some(
      ([id, files]) => files.has(sha256) && (this.site.major === 2 || this.#master.instance.store.documents.get(id)?.deletedAt !== null),
    );
    return !present && earlier;
  }

  /** Documents that people keep on the replica: as they left them, unless one has the bytes of the master's and became its copy. */
  #foreign(): void {
    const ours = new Set([...this.story.files.values()].flatMap((files) => [...files]));
    for (const about of this.story.foreignTouched(this.site, ours)) this.#add('foreign', about);
  }
}

function titleAfter(title: string): string {
  return Array.from(pythonStrip(title)).slice(0, 128).join('');
}

function versionsOf(site: Site, root: DocumentRow): Face {
  const files = chain(site.instance, root);
  return { labels: files.map((row) => row.versionLabel ?? ''), texts: files.slice(0, -1).map((row) => pythonStrip(row.content)) };
}

export function leftOutOf(story: Story, site: Site, masterDocId: number): boolean {
  return story.cast.ownNodes && leftOut(site.name, masterDocId);
}
