// Starts one simulated paperless-ngx on the loopback address: npm run simulator -- --help
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, projectNode, root } from './setup.mjs';

install();
build();
const child = spawn(projectNode, [join(root, 'dist', 'simulator', 'main.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
