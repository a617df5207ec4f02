import type { Context } from './context';
import { LeaseHeldError, StaleEpochError } from './errors';
import type { Lease } from './store';

const NAME = 'cycle';

interface Current {
  epoch: number;
  holder: string | null;
  expiresAt: string | null;
}

/** One writer at a time. Expiry lets another take it; until one does, the holder's epoch stays good. */
export function createLease({ db, now }: Context): Lease & { check: (epoch: number) => void } {
  const select = db.prepare<[string], Current>('SELECT epoch, holder, expires_at AS expiresAt FROM leases WHERE name = ?');
  const write = db.prepare<[string, number, string | null, string | null]>(
    `INSERT INTO leases (name, epoch, holder, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, holder = excluded.holder, expires_at = excluded.expires_at`,
  );

  const current = (): Current => select.get(NAME) ?? { epoch: 0, holder: null, expiresAt: null };
  const inFuture = (ms: number): string => new Date(now() + ms).toISOString();

  function check(epoch: number): Current & { holder: string } {
    const { holder, ...rest } = current();
    if (holder === null || rest.epoch !== epoch) throw new StaleEpochError(epoch, rest.epoch);
    return { holder, ...rest };
  }

  return {
    current,
    check,
    take: (holder, ttlMs) =>
      db
        .transaction(() => {
          const { epoch, holder: other, expiresAt } = current();
          if (other !== null && other !== holder && expiresAt !== null && Date.parse(expiresAt) > now()) throw new LeaseHeldError(other, expiresAt);
          write.run(NAME, epoch + 1, holder, inFuture(ttlMs));
          return epoch + 1;
        })
        .immediate(),
    renew: (epoch, ttlMs) =>
      db
        .transaction(() => {
          const { holder } = check(epoch);
          write.run(NAME, epoch, holder, inFuture(ttlMs));
        })
        .immediate(),
    // Of an epoch that is over there is nothing to give back.
    release: (epoch) =>
      db
        .transaction(() => {
          const { epoch: now, holder } = current();
          if (now === epoch && holder !== null) write.run(NAME, epoch, null, null);
        })
        .immediate(),
  };
}
