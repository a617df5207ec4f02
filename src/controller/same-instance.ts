import type { PaperlessReader } from '../paperless';
import { PaperlessError } from '../paperless';

/** Documents compared to tell whether two addresses lead to one instance. */
const SAMPLE = 20;

/**
 * Refuses a replica that is the master under another address: documents of the same id, title and second of arrival exist on two instances only when
 * one was restored from the other, and a replica must not be that either without reconcile. Reads only.
 */
export async function refuseSameInstance(master: PaperlessReader, replica: PaperlessReader): Promise<void> {
  if (hostOf(master.url) === hostOf(replica.url)) throw sameInstance(replica.name, 'they have one address');
  const page = await master.modifiedDocuments({ pageSize: SAMPLE });
  const ids = page.results.map((d) => d.id);
  const theirs = new Map((await replica.documentsByIds(ids)).map((d) => [d.id, d]));
  const alike = page.results.filter((d) => {
    const twin = theirs.get(d.id);
    return twin !== undefined && Date.parse(twin.added) === Date.parse(d.added) && twin.modified === d.modified;
  });
  if (alike.length > 0 && alike.length === page.results.length)
    throw sameInstance(replica.name, 'every document that was looked at is the same on both');
}

function hostOf(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  return `${hostname.toLowerCase().replace(/^localhost$/u, '127.0.0.1')}:${port || (protocol === 'https:' ? '443' : '80')}${pathname.replace(/\/+$/u, '')}`;
}

function sameInstance(name: string, why: string): PaperlessError {
  return new PaperlessError({
    class: 'instance',
    code: 'same-instance',
    message: `${name} is the master itself: ${why}.`,
    nextStep:
      'Give the address of another paperless. A replica that was restored from a copy of the master has to be emptied, or change a document on it first and reconcile.',
  });
}
