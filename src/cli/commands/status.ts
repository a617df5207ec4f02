import { errorsSchema, statusSchema, type ErrorsOfReplica, type Status, type StatusOfReplica } from '../../api';
import type { Command } from '../command';
import { ask, connectForReading, using, type Connection } from '../connection';
import { EXIT } from '../exit';
import { findingLines } from '../findings';
import { duration, printJson, table, wantsJson } from '../output';
import { causeLines } from '../summary';

function masterLine(status: Status): string {
  const { url, version, message, ok } = status.master;
  if (url === null) return 'Master: none yet (set MASTER_URL and MASTER_TOKEN)\n';
  const state = ok ? `ok, ${version ?? 'version unknown'}` : (message ?? 'not asked yet');
  return `Master: ${url} (${state}), ${status.master.documents} documents known\n`;
}

function replicaLines(status: Status): string {
  if (status.replicas.length === 0) return 'Replicas: none yet (pngx replica add)\n';
  return table(
    ['REPLICA', 'STATUS', 'OK', 'PENDING', 'ERROR', 'HELD', 'LIMITED', 'QUARANTINED', 'VERIFIED', 'DIFFERS', 'LAG'],
    status.replicas.map((r) => [
      r.name,
      r.enabled ? r.status : `${r.status} (disabled)`,
      String(r.ok),
      String(r.pending),
      String(r.error),
      String(r.held),
      String(r.limited),
      String(r.quarantined),
      String(r.verified),
      String(r.differs),
      r.lag_seconds === null ? 'never synced' : duration(r.lag_seconds),
    ]),
  );
}

/** What a person has to know of one replica beside its numbers. */
function notes(r: StatusOfReplica, causes: ErrorsOfReplica): string[] {
  const lines = causeLines(causes);
  if (r.in_flight > 0)
    lines.unshift(
      `  ${r.in_flight} under way: sent${r.in_flight_since === null ? '' : `, the first at ${r.in_flight_since}`}, and not known to have arrived. One of which nothing is heard is looked for until ` +
        'task_poll_timeout_seconds are over.',
    );
  if (r.suspended_at !== null) lines.unshift(`  No cycle works on it until: pngx replica unsuspend ${r.name}`);
  if (r.last_error !== null) return [`${r.name}: ${r.last_error}`, ...lines];
  return lines.length === 0 ? [] : [`${r.name}:`, ...lines];
}

/** The causes are for people: the object of --json is the status alone. */
async function readAll(connection: Connection, withCauses: boolean): Promise<{ answer: Status; causes: Map<number, ErrorsOfReplica> }> {
  const answer = await ask(statusSchema, connection, 'status');
  const causes = new Map<number, ErrorsOfReplica>();
  for (const { id } of withCauses ? answer.replicas : []) causes.set(id, await ask(errorsSchema, connection, 'replica-errors', { id }));
  return { answer, causes };
}

function lastLine(status: Status): string {
  const last = status.last_sync;
  if (last === null) return 'Last sync: none yet\n';
  return `Last sync: ${last.finished_at}, ${duration(last.duration_seconds)}, ${last.synced} synced, ${last.failed} failed${last.timed_out ? ', timed out' : ''}\n`;
}

/** Empty while none waits: then there is nothing that a person has to know. */
function alertLine({ alerts }: Status): string {
  if (alerts.waiting === 0) return '';
  const when = alerts.next_attempt === null ? '' : ` Tried again at ${alerts.next_attempt}.`;
  return `Alerts: ${alerts.waiting} could not be sent yet. ${alerts.error ?? ''}${when}\n`;
}

export const status: Command = {
  name: 'status',
  summary: 'Show the master, the replicas with their counts and lag, and the last sync.',
  details: 'The object of --json is that of GET /api/status.',
  options: {},
  async run(io, values) {
    const { answer, causes } = await using(await connectForReading(io), (connection) => readAll(connection, !wantsJson(values)));
    if (wantsJson(values)) {
      printJson(io, answer);
      return EXIT.ok;
    }
    io.out(`Controller: ${answer.state}${answer.paused ? ', paused' : ''}\n`);
    io.out(masterLine(answer));
    io.out(replicaLines(answer));
    for (const r of answer.replicas) {
      const known = causes.get(r.id);
      for (const line of known === undefined ? [] : notes(r, known)) io.out(`${line}\n`);
    }
    io.out(findingLines('master', answer.master.preflight));
    for (const r of answer.replicas) io.out(findingLines(r.name, r.preflight));
    io.out(lastLine(answer));
    io.out(alertLine(answer));
    return EXIT.ok;
  },
};
