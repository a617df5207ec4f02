// The big proof of fidelity, on simulated or real servers: npm run fidelity:changes -- --help
import { build, install, root, run } from './setup.mjs';
import { join } from 'node:path';

install();
build();
process.exitCode = run([join(root, 'dist', 'test', 'fidelity', 'main.js'), ...process.argv.slice(2)]);
