import { statusSchema, type Status } from '../../api';
import type { Command } from '../command';
import { call, connectForReading, using } from '../connection';
import { EXIT } from '../exit';
import { duration, printJson, table, wantsJson } from '../output';

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

function lastLine(status: Status): string {
  const last = status.last_sync;
  if (last === null) return 'Last sync: none yet\n';
  return `Last sync: ${last.finished_at}, ${duration(last.duration_seconds)}, ${last.synced} synced, ${last.failed} failed${last.timed_out ? ', timed out' : ''}\n`;
}

export const status: Command = {
  name: 'status',
  summary: 'Show the master, the replicas with their counts and lag, and the last sync.',
  details: 'The object of --json is that of GET /api/status.',
  options: {},
  async run(io, values) {
    const answer = statusSchema.parse(await using(await connectForReading(io), (connection) => call(connection, 'status')));
    if (wantsJson(values)) {
      printJson(io, answer);
      return EXIT.ok;
    }
    io.out(`Controller: ${answer.state}${answer.paused ? ', paused' : ''}\n`);
    io.out(masterLine(answer));
    io.out(replicaLines(answer));
    for (const r of answer.replicas) if (r.last_error !== null) io.out(`${r.name}: ${r.last_error}\n`);
    io.out(lastLine(answer));
    return EXIT.ok;
  },
};
