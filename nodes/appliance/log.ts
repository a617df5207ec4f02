import { inspect } from 'node:util';

/** A log record as Node-RED hands it to a handler. */
interface RedRecord {
  level: number;
  msg: unknown;
  timestamp?: number;
  /** Of the node that logs; missing for the runtime's own lines. */
  id?: string;
  type?: string;
  name?: string;
}

const names: readonly [number, string][] = [
  [10, 'error'],
  [20, 'error'],
  [30, 'warning'],
  [40, 'info'],
];

function levelName(level: number): string {
  return names.find(([number]) => level <= number)?.[1] ?? 'debug';
}

function textOf(msg: unknown): string {
  if (msg instanceof Error) return msg.stack ?? msg.toString();
  if (typeof msg === 'string') return msg;
  if (msg === undefined) return '';
  try {
    return JSON.stringify(msg);
  } catch {
    return inspect(msg);
  }
}

/** One line in the shape that the controller's own lines have, so that a log collector reads one format. */
export function logLine(record: RedRecord): string {
  return JSON.stringify({
    ts: new Date(record.timestamp ?? Date.now()).toISOString(),
    level: levelName(record.level),
    replica: null,
    doc_id: null,
    msg: textOf(record.msg),
    ...(record.type === undefined ? {} : { node: record.type, node_name: record.name ?? record.id }),
  });
}

/** For `logging.console.handler` in settings.js. */
export function jsonLogHandler(): (record: RedRecord) => void {
  return (record) => void process.stdout.write(`${logLine(record)}\n`);
}
