import { COMMON, type Command, type OptionSpec } from './command';

function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  const entries = Object.entries(options).map(([name, spec]): [string, string] => [
    `--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`,
    spec.about,
  ]);
  const width = Math.max(...entries.map(([left]) => left.length));
  return entries.map(([left, about]) => `  ${left.padEnd(width)}  ${about}\n`).join('');
}

function usageOf(command: Command): string {
  const options = Object.entries(command.options).map(([name, spec]) => {
    const option = `--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`;
    return spec.required === true ? option : `[${option}]`;
  });
  return ['pngx', command.name, ...options, ...(command.positionals ?? []).map((name) => `[${name}]`), '[--json]'].join(' ');
}

export function commandHelp(command: Command): string {
  const details = command.details === undefined ? '' : `\n${command.details}\n`;
  return `${usageOf(command)}\n\n${command.summary}\n${details}\n${optionLines({ ...command.options, ...COMMON })}`;
}

export function generalHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return `pngx keeps paperless-ngx instances alike: one master, any number of replicas.

Usage: pngx COMMAND [OPTIONS]

Commands:
${commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}\n`).join('')}
pngx COMMAND --help tells more of one. pngx --version prints the version.

Environment:
  SECRET_KEY    Key under which tokens are stored (pngx new-key makes one).
  DATABASE_URL  sqlite:////data/db.sqlite3, or with three slashes a relative path; db.sqlite3 in DATA_DIR when not set.
  DATA_DIR      Folder of what must outlive a restart; ./data when not set.
  MASTER_URL    Address of the master; read when the database has no master yet.
  MASTER_TOKEN  API token of one of the master's superusers; read at the same time.

Exit codes:
    0  done
    1  done, but something isn't synced
    2  the command line is wrong
    3  the configuration is wrong
    4  a paperless server wasn't reached, or refused
    5  another process has the database
    6  the time was over
   70  a fault of pngx
  130  interrupted
`;
}
