// The demo on a fresh checkout: installs, builds, then runs dist/demo/main.js on the project's own Node, passing signals on.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, projectNode, root } from './setup.mjs';

install();
build();
// npm ends its shell on SIGTERM, and the shell tells nobody: so the demo also ends when one of those that started it is gone.
const parents = [process.pid, ...(process.env.npm_lifecycle_event === undefined ? [] : [process.ppid])];
const child = spawn(projectNode, [join(root, 'dist', 'demo', 'main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, PNGX_DEMO_PARENTS: parents.join(',') },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGTERM' ? 143 : 1);
});
