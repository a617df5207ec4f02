import { isPaperlessError, PaperlessError, type CallOptions, type PaperlessReader, type WireDocument } from '../paperless';
import type { Store } from '../state';
import { demandSuperuser, demandSweeps, explain, isoTime, lookAtPast, type Environment } from '../sync';
import {
  ACCEPTABLE,
  acceptFinding,
  endAcceptance,
  instanceKey,
  isAccepted,
  judgeAutomation,
  judgeLibrary,
  judgePeople,
  keepPreflight,
  preflightOf,
  type Automation,
  type Finding,
  type Look,
  type People,
} from '../sync/preflight';
import type { Identity, Subject } from './identity';
import type { LogEntry } from './log';
import { ConfigError } from './types';

/** An instance to be looked at; the master has no replica. */
export interface Looked {
  reader: PaperlessReader;
  replica: { id: number; name: string } | null;
}

export interface PreflightInit {
  store: Store;
  env: Environment;
  identity: Identity;
  log: (entry: LogEntry) => void;
}

const LEVELS = { stops: 'error', warns: 'warning', tells: 'info' } as const;
/** Documents of the master whose times are looked at. */
const SAMPLE = 20;

/**
 * A look at an instance before it is relied on: at the process's first cycle, on a schedule, and after a failure. Only reads. What it finds is kept for whoever
 * asks, logged once, and ends the cycle of that instance where it breaks a promise.
 */
export class Preflight {
  private readonly checked = new Map<string, number>();
  private masterPeople: People | null = null;

  constructor(private readonly parts: PreflightInit) {}

  /** Looks when it is time to; true when it did. Throws PaperlessError for what stops the instance, and whatever a request failed with. */
  async check(looked: Looked, call: CallOptions): Promise<boolean> {
    const { env, store } = this.parts;
    const last = this.checked.get(keyOf(looked));
    if (last !== undefined && env.now() - last < store.settings.number('preflight_interval_seconds') * 1000) return false;
    await this.look(looked, call);
    return true;
  }

  /** Looks now. Throws as `check` does. */
  async look(looked: Looked, call: CallOptions): Promise<void> {
    const key = keyOf(looked);
    this.checked.delete(key);
    let found: Look;
    try {
      found = await this.read(looked, call);
    } catch (error) {
      if (isPaperlessError(error) && error.class === 'instance') this.refused(looked.replica?.id ?? null, error);
      throw error;
    }
    this.keep(looked.replica?.id ?? null, found);
    const stop = found.findings.find(({ severity, code }) => severity === 'stops' && !isAccepted(this.parts.store.settings, key, code));
    if (stop !== undefined) throw new PaperlessError({ class: 'instance', code: stop.code, message: stop.message, nextStep: stop.nextStep });
    this.checked.set(key, this.parts.env.now());
  }

  /** Throws ConfigError for a finding that isn't there, or that no word can set right. */
  accept({ replicaId, code }: { replicaId: number | null; code: string }, who: string): void {
    const { store, env, log } = this.parts;
    const key = instanceKey(replicaId);
    const name = replicaId === null ? 'the master' : (store.replicas.get(replicaId)?.name ?? '');
    store.transaction(() => {
      if (!acceptFinding(store.settings, key, code, isoTime(env.now()))) {
        throw new ConfigError(
          'not-acceptable',
          `There is no finding "${code}" of ${name} that could be accepted.`,
          `pngx preflight shows what was found; accepted can be ${ACCEPTABLE.join(', ')}.`,
        );
      }
      if (replicaId === null) {
        // Whatever it is now, it is read as a whole.
        demandSweeps(store);
        if (code === 'times-went-back') store.registry.forgetCursor();
      }
      store.audit.add({ who, action: 'preflight.accept', after: { instance: key, code } });
    });
    log({ level: 'warning', replicaId, message: `${who} says that "${code}" of ${name} is right as it is.` });
  }

  /** After a failure: looked at again before anything else. */
  doubt(key: string): void {
    this.checked.delete(key);
  }

  private async read(looked: Looked, call: CallOptions): Promise<Look> {
    const { store, env, identity } = this.parts;
    const { reader, replica } = looked;
    const who = demandSuperuser(reader.name, await reader.identify(call));
    const skewMs = who.clock === null ? null : who.clock - env.now();
    const { documents } = await reader.statistics(call);
    const subject: Subject = { key: keyOf(looked), side: replica === null ? 'master' : 'replica', reader };
    const newest = replica === null ? store.registry.newestMasterDocs(SAMPLE) : { byId: [], byTime: [] };
    const asked = new Set([...identity.sample(subject.key), ...newest.byId, ...newest.byTime.map(({ id }) => id)]);
    const seen = new Map((await reader.documentsByIds([...asked], call)).map((d) => [d.id, d]));
    identity.judge(subject, seen);
    const known = replica === null ? store.registry.masterDocCount() : store.registry.counts(replica.id).byStatus.ok;
    const library = judgeLibrary({ replica: replica?.name ?? null, name: replica?.name ?? 'the master', known, documents, skewMs });
    const rest = replica === null ? await this.readMaster(reader, newest, seen, call) : await this.readReplica(reader, replica.name, call);
    if (replica !== null) store.replicas.contact(replica.id, { documentCount: documents, at: isoTime(env.now()) });
    return { documents, clockSkewSeconds: skewMs === null ? null : Math.round(skewMs / 1000), findings: [...library, ...rest] };
  }

  private async readMaster(
    reader: PaperlessReader,
    newest: { byId: number[]; byTime: { id: number; modified: string }[] },
    seen: ReadonlyMap<number, WireDocument>,
    call: CallOptions,
  ): Promise<Finding[]> {
    this.masterPeople = await peopleOf(reader, call);
    return lookAtPast(reader, newest, seen, call);
  }

  private async readReplica(reader: PaperlessReader, name: string, call: CallOptions): Promise<Finding[]> {
    const { settings } = this.parts.store;
    const unread: Finding[] = [];
    /** What is only looked at for advice must not stop a sync: a later paperless may show it elsewhere. */
    const advice = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await read();
      } catch (error) {
        if (!isPaperlessError(error) || (error.code !== 'unexpected-answer' && error.code !== 'not-found')) throw error;
        unread.push({
          code: 'not-visible',
          key: `not-visible:${what}`,
          severity: 'tells',
          message: `The ${what} of ${name} can't be looked at: ${error.message}`,
          nextStep: `Look at them there yourself: whatever changes documents on ${name} alters what the sync writes.`,
        });
        return undefined;
      }
    };
    const automation: Automation = {
      workflows: await advice('workflows', () => reader.workflows(call)),
      mailRules: await advice('mail rules', () => reader.mailRules(call)),
      configuration: await advice('configuration', () => reader.configuration(call)),
      tags: await reader.tags(call),
      correspondents: await reader.taxa('correspondent', call),
      documentTypes: await reader.taxa('documentType', call),
      storagePaths: await reader.storagePaths(call),
    };
    const wanted = { matching: settings.get('sync_matching') === true, inboxFlag: settings.get('sync_inbox_flag') === true };
    const owners = settings.get('sync_owners') === true && this.masterPeople !== null;
    const people = owners && this.masterPeople !== null ? judgePeople(name, this.masterPeople, await peopleOf(reader, call)) : [];
    return [...judgeAutomation(name, automation, wanted), ...people, ...unread];
  }

  private keep(replicaId: number | null, found: Look): void {
    const { store, env, log } = this.parts;
    const key = instanceKey(replicaId);
    const { appeared, settled } = store.transaction(() => {
      const kept = keepPreflight(store.settings, key, found, isoTime(env.now()));
      for (const { code } of kept.settled) {
        // That the master is as small as it should be is what its ids say; the next sweep ends that acceptance.
        if (code !== 'library-shrunken' || replicaId !== null) endAcceptance(store.settings, key, code);
      }
      return kept;
    });
    for (const { severity, message, nextStep } of appeared) log({ level: LEVELS[severity], replicaId, message: `Preflight: ${message} ${nextStep}` });
    for (const { message } of settled) log({ level: 'info', replicaId, message: `Preflight: settled: ${message}` });
  }

  /**
   * Not a paperless, not a superuser's token, another instance, a past that is not this one's: what stopped a look, or a cycle between two looks, is a finding, so
   * that a person can accept it at once. What was found before stays beside it.
   */
  refused(replicaId: number | null, error: PaperlessError): void {
    const before = preflightOf(this.parts.store.settings, instanceKey(replicaId));
    const told = explain(error);
    const refusal: Finding = { code: told.code, key: told.code, severity: 'stops', message: told.message, nextStep: told.nextStep };
    const others = (before?.findings ?? []).filter(({ code, severity }) => code !== told.code && severity !== 'stops');
    this.keep(replicaId, {
      documents: before?.documents ?? null,
      clockSkewSeconds: before?.clockSkewSeconds ?? null,
      findings: [refusal, ...others],
    });
  }
}

function keyOf({ replica }: Looked): string {
  return instanceKey(replica?.id ?? null);
}

async function peopleOf(reader: PaperlessReader, call: CallOptions): Promise<People> {
  const users = await reader.users(call);
  const groups = await reader.groups(call);
  return { users: users.map(({ username }) => username), groups: groups.map(({ name }) => name) };
}
