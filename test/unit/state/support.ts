import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { MasterDocInput, Place, Store, SyncRow } from '../../../src/state';
import { openStore } from '../../../src/state';
import type { Intent, ReplicaRow } from '../../../src/state';

export const START = Date.parse('2026-03-20T14:00:00.000Z');
export const AT = '2026-03-20T14:00:00.000Z';
export const LATER = '2026-03-20T15:00:00.000Z';

/** Tests only: bytes 200 to 231. */
export const KEY = 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=';
export const OTHER_KEY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=';

/** A clock that stands still until it is told. */
export class Clock {
  ms = START;
  readonly now = (): number => this.ms;
}

/** The same bytes every time, all different. */
export function counterBytes(seed = 'bytes'): (n: number) => Uint8Array {
  let counter = 0;
  return (n) => createHash('sha256').update(`${seed}${counter++}`).digest().subarray(0, n);
}

export function store(options: { path?: string; clock?: Clock; secretKey?: string; readonly?: boolean } = {}): Store {
  const { path = ':memory:', clock = new Clock(), secretKey = KEY, readonly = false } = options;
  return openStore({ path, now: clock.now, randomBytes: counterBytes(), secretKey, readonly });
}

export function addReplica(to: Store, name = 'backup', port = 8001): ReplicaRow {
  return to.replicas.add({ name, url: `http://${name}.example:${port}`, token: `token-of-${name}` });
}

export function doc(id: number, change: Partial<MasterDocInput> = {}): MasterDocInput {
  return { id, modified: '2026-03-01T10:00:00.123456+01:00', fingerprint: `fingerprint ${id}`, document: `{"id":${id}}`, ...change };
}

export function intent(nonce = '4f2a9c01d3', change: Partial<Intent> = {}): Intent {
  const base: Intent = {
    nonce,
    at: AT,
    kind: 'document',
    fileName: 'rent.pdf',
    sha256: 'a'.repeat(64),
    md5: 'b'.repeat(32),
    size: 1234,
    masterVersionId: null,
    position: 0,
  };
  return { ...base, ...change };
}

export const fault = { errorClass: 'document', code: 'consumer_failed', message: 'It could not be read.', nextStep: 'Look at the file.' };

export const PLACES: readonly Place[] = [
  'queued',
  'uploading',
  'consuming',
  'applying',
  'linking',
  'ok',
  'limited',
  'error',
  'quarantined',
  'held',
  'tombstone',
];

/** Takes a queued row to a place by moves alone, as the engine would. Its copy is the master's id plus 1,000. */
export function bring(to: Store, row: SyncRow, place: Place): SyncRow {
  const { registry } = to;
  const { id } = row;
  const observed = { version: row.wantedVersion, observedModified: 'seen', observedFields: 'print' };
  const upload = (): SyncRow => registry.move(id, { to: 'uploading', intent: intent(`nonce${id}`) }, AT);
  const apply = (): SyncRow => registry.move(id, { to: 'applying', replicaDocId: row.masterDocId + 1000, fileChecksum: 'sum' }, AT);
  switch (place) {
    case 'queued':
      return row;
    case 'uploading':
      return upload();
    case 'consuming':
      upload();
      return registry.move(id, { to: 'consuming', taskId: `task ${id}` }, AT);
    case 'applying':
      return apply();
    case 'linking':
      apply();
      return registry.move(id, { to: 'linking' }, AT);
    case 'ok':
      apply();
      return registry.move(id, { to: 'ok', ...observed }, AT);
    case 'limited':
      apply();
      return registry.move(id, { to: 'limited', reasons: ['created before 1000'], ...observed }, AT);
    case 'error':
      return registry.move(id, { to: 'error', ...fault, nextRetryAt: LATER }, AT);
    case 'quarantined':
      return registry.move(id, { to: 'quarantined', ...fault }, AT);
    case 'held':
      return registry.move(id, { to: 'held', code: 'left-out' }, AT);
    case 'tombstone':
      return registry.move(id, { to: 'tombstone' }, AT);
  }
}

/** One replica, one document, its row in the place. */
export function rowIn(place: Place): { s: Store; replica: ReplicaRow; row: SyncRow } {
  const s = store();
  const replica = addReplica(s);
  s.registry.record([doc(1)], null);
  return { s, replica, row: bring(s, only(s, replica.id), place) };
}

export function only(from: Store, replicaId: number, masterDocId = 1): SyncRow {
  const row = from.registry.rowFor(replicaId, masterDocId);
  if (row === null) throw new Error(`no row for ${masterDocId}`);
  return row;
}

/** A folder of the test's own, gone after the suite. */
export function folder(): () => string {
  let path = '';
  before(() => (path = mkdtempSync(join(tmpdir(), 'pngx-state-'))));
  after(() => rmSync(path, { recursive: true, force: true }));
  return () => path;
}

/** Fixtures stand beside the sources; compiled tests stand in dist/. */
export function fixture(name: string): string {
  return readFileSync(join(resolve(__dirname, '../../../..'), 'test/unit/state/fixtures', name), 'utf8');
}

/** A store with two replicas. */
export interface Opened {
  s: Store;
  a: number;
  b: number;
}
