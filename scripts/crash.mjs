// Kills the real process again and again, on a fresh checkout: npm run crash -- --help
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, projectNode, root } from './setup.mjs';

install();
build();
const child = spawn(projectNode, [join(root, 'dist', 'test', 'crash', 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
