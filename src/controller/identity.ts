import { PaperlessError, type PaperlessReader, type WireDocument } from '../paperless';
import type { Settings } from '../state';

/** Documents by which an instance is known again: nothing is planted in it. */
const SAMPLE = 20;
/** Below so many known documents, their absence proves nothing. */
const LEAST = 3;

interface Known {
  id: number;
  /** When it arrived, as the instance says: it never changes, and a restored or other instance has another. */
  added: string;
}

export interface Subject {
  /** `master` or `replica:<id>`: the key of what is remembered. */
  key: string;
  side: 'master' | 'replica';
  reader: PaperlessReader;
}

/** Whether it is still the instance that we knew, by documents that were there before. */
export class Identity {
  constructor(private readonly settings: Settings) {}

  /** Ids of the documents to look at. */
  sample(key: string): number[] {
    return this.known(key).map(({ id }) => id);
  }

  /** `seen` are those of the sample that are there. Throws PaperlessError (class `instance`): `another-instance`, `instance-wiped`. */
  judge(subject: Subject, seen: ReadonlyMap<number, Pick<WireDocument, 'added'>>): void {
    const known = this.known(subject.key);
    const others = known.filter((k) => seen.has(k.id) && !sameInstant(seen.get(k.id), k));
    if (others.length > 0) throw another(subject, others.length);
    const still = known.filter((k) => seen.has(k.id));
    if (known.length >= LEAST && still.length === 0) throw wiped(subject, known.length);
    if (still.length < known.length) this.remember(subject.key, still);
  }

  /** Documents just read from the instance, to know it by. Few are enough. */
  learn(key: string, documents: readonly Pick<WireDocument, 'id' | 'added'>[]): void {
    const known = this.known(key);
    if (known.length >= SAMPLE) return;
    const ids = new Set(known.map((k) => k.id));
    const more = documents.filter((d) => !ids.has(d.id)).slice(0, SAMPLE - known.length);
    if (more.length > 0) this.remember(key, [...known, ...more.map(({ id, added }) => ({ id, added }))]);
  }

  wants(key: string): boolean {
    return this.known(key).length < SAMPLE;
  }

  private known(key: string): Known[] {
    const stored = this.settings.fact(factKey(key));
    return stored === null ? [] : (JSON.parse(stored) as Known[]);
  }

  private remember(key: string, known: readonly Known[]): void {
    this.settings.setFact(factKey(key), JSON.stringify(known));
  }
}

/** It may be another instance now, for a person said so. */
export function forgetIdentity(settings: Settings, key: string): void {
  settings.setFact(factKey(key), null);
}

function factKey(key: string): string {
  return `identity:${key}`;
}

function sameInstant(document: Pick<WireDocument, 'added'> | undefined, known: Known): boolean {
  return document !== undefined && Date.parse(document.added) === Date.parse(known.added);
}

function another({ side, reader }: Subject, count: number): PaperlessError {
  const restored = 'it was restored from a backup, or another server answers at this address';
  return new PaperlessError({
    class: 'instance',
    code: 'another-instance',
    message: `${reader.name} is not the instance it was: ${count} documents that we know there have the same number and arrived at another time; ${restored}.`,
    nextStep:
      side === 'master'
        ? 'Nothing was written. Check the address. If this is the master now, start with a new database and reconcile each replica.'
        : 'Nothing was written. Check the address. If it is the replica now, resync it: what is there is taken up again by its bytes.',
  });
}

function wiped({ side, reader }: Subject, count: number): PaperlessError {
  return new PaperlessError({
    class: 'instance',
    code: 'instance-wiped',
    message: `${reader.name} has none of the ${count} documents by which we know it: it was emptied, or another server answers at this address.`,
    nextStep:
      side === 'master'
        ? 'Nothing was written. Check the master. If it is right as it is, start with a new database, so that nothing is taken from the replicas.'
        : 'Nothing was written. Check the address. If the replica was emptied on purpose, resync it: everything is uploaded again.',
  });
}
