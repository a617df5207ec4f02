import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkedSecretKey, databasePath, type Environment } from '../../src/api';
import { inputError } from '../shared/errors';
import { flowSecret } from './flow-secret';
import { isLoopbackHost, loopbackOnly, sendProblem, socketLoopbackOnly } from './guard';
import { installFlow } from './install-flow';
import { jsonLogHandler } from './log';
import { isDraining } from './health';

/** The package's root: this file is dist/nodes/appliance/settings.js. */
const packageRoot = resolve(__dirname, '..', '..', '..');

function writableFolder(folder: string, what: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw inputError('not-writable', `${what} ${folder} can't be written (${why}).`, 'Give the user that runs the controller write access to it.');
  }
}

function checkDatabase(file: string): void {
  writableFolder(dirname(file), 'The folder of the database');
  if (!existsSync(file)) return;
  if (!statSync(file).isFile())
    throw inputError('not-writable', `The database ${file} is not a file.`, 'Move away what is there, or name another file.');
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch {
    throw inputError('not-writable', `The database ${file} can't be written.`, 'Give the user that runs the controller write access to it.');
  }
}

function host(env: Environment): string {
  const wanted = env['PNGX_HOST']?.trim() || '127.0.0.1';
  if (isLoopbackHost(wanted)) return wanted;
  throw inputError(
    'host-refused',
    `PNGX_HOST is "${wanted}", but the controller has no login yet and listens on this machine alone.`,
    'Leave PNGX_HOST away, and reach it through an SSH tunnel (ssh -L 8000:localhost:8000 host).',
  );
}

function port(env: Environment): number {
  const wanted = env['PORT']?.trim() || '8000';
  const number = Number(wanted);
  if (/^\d+$/.test(wanted) && number <= 65535) return number;
  throw inputError('port-refused', `PORT is "${wanted}", which is not a port.`, 'Set it to a number from 1 to 65535, or leave it away for 8000.');
}

/** The editor can run code: it is there only with a password of its own. */
function editor(env: Environment) {
  const hash = env['EDITOR_PASSWORD_HASH']?.trim() ?? '';
  if (hash === '') return { httpAdminRoot: false as const };
  if (!/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) {
    throw inputError(
      'editor-password',
      'EDITOR_PASSWORD_HASH is not a bcrypt hash.',
      'Make one with "npx node-red admin hash-pw"; in a compose file write every $ of it twice.',
    );
  }
  return {
    httpAdminRoot: '/editor',
    adminAuth: { type: 'credentials', sessionExpiryTime: 24 * 60 * 60, users: [{ username: 'admin', password: hash, permissions: '*' }] },
    httpAdminMiddleware: loopbackOnly(),
  };
}

/**
 * Node-RED's settings for the appliance, out of the environment. Makes the data folder, and the flow in it. Throws a NodeError with what is wrong and what to do,
 * before anything is started.
 */
export function applianceSettings(env: Environment) {
  const secretKey = checkedSecretKey(env['SECRET_KEY']);
  const dataFolder = resolve(env['DATA_DIR']?.trim() || 'data');
  const address = env['DATABASE_URL']?.trim() ?? '';
  const database = address === '' ? join(dataFolder, 'db.sqlite3') : databasePath(address);
  const listen = { uiHost: host(env), uiPort: port(env) };
  const admin = editor(env);
  const userDir = join(dataFolder, 'node-red');
  writableFolder(userDir, 'The data folder');
  checkDatabase(database);
  installFlow(join(packageRoot, 'dist', 'flows', 'flows.json'), userDir);

  return {
    ...listen,
    ...admin,
    userDir,
    database,
    flowFile: 'flows.json',
    flowFilePretty: true,
    nodesDir: [packageRoot],
    credentialSecret: flowSecret(userDir, secretKey),

    httpNodeRoot: '/',
    // Function or list of middleware: holds for every route but the socket's.
    httpNodeAuth: loopbackOnly(['/healthz', '/metrics']),
    // What no route of the flow took: a static folder is asked last, so this answers for unknown paths under /api.
    httpStatic: [{ path: join(packageRoot, 'dist', 'ui'), root: '/api', middleware: unknownApiPath }],
    dashboard: { ioMiddleware: [socketLoopbackOnly], maxHttpBufferSize: 1e5 },
    apiMaxLength: '1mb',

    logging: { console: { level: 'info', metrics: false, audit: false, handler: jsonLogHandler } },
    contextStorage: { default: { module: 'memory' } },
    // Below a container's grace, and long enough for requests to be aborted and rows to be written.
    nodeCloseTimeout: 8000,

    functionExternalModules: false,
    functionGlobalContext: {},
    externalModules: {
      autoInstall: false,
      palette: { allowInstall: false, allowUpdate: false, allowUpload: false },
      modules: { allowInstall: false },
    },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: {
      page: { title: 'pngx-controller' },
      header: { title: 'pngx-controller' },
      tours: false,
      projects: { enabled: false },
      palette: { categories: ['paperless', 'subflows', 'common', 'function', 'network', 'sequence', 'parser', 'storage'] },
    },
  };
}

function unknownApiPath(
  req: Parameters<ReturnType<typeof loopbackOnly>>[0] & { originalUrl?: string },
  res: Parameters<typeof sendProblem>[0],
): void {
  const instance = (req.originalUrl ?? req.url ?? '').split('?')[0] ?? '';
  if (isDraining()) {
    sendProblem(res, {
      status: 503,
      title: 'Not available',
      instance,
      code: 'draining',
      detail: 'The controller is stopping or being deployed.',
      nextStep: 'Try again in a few seconds.',
    });
    return;
  }
  sendProblem(res, {
    status: 404,
    title: 'Not found',
    instance,
    code: 'unknown-path',
    detail: `There is nothing at ${instance}.`,
    nextStep: 'Check the address and the method; docs/api.md lists every operation.',
  });
}
