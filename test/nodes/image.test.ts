import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime';

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

/** No container engine is at hand where these tests run: what can be said of the image without one. */
describe('the image', () => {
  it('copies what a build leaves, nothing that is not there', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build (.+) \S+$/gm)].flatMap(([, paths]) => (paths ?? '').split(' '));
    assert.ok(copied.length >= 8);
    for (const path of copied) assert.ok(existsSync(join(root, path.replace('/app/', ''))), path);
  });

  it('has everything that the package has', () => {
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    // Documents are read elsewhere.
    for (const path of files.filter((each) => each !== 'docs')) assert.ok(dockerfile.includes(`/app/${path}`), path);
  });

  it('runs as nobody special, on the Node that the package asks for, and tells a probe the truth', () => {
    assert.match(dockerfile, /^USER node$/m);
    assert.equal(dockerfile.match(/^FROM node:24-slim/gm)?.length, 2);
    assert.match(dockerfile, /^HEALTHCHECK [\s\S]*\/healthz[\s\S]*r\.ok/m);
    assert.ok(!/curl|wget/.test(dockerfile));
  });

  it('is given in the compose file the variables that users know', () => {
    const compose = readFileSync(join(root, 'compose.yaml'), 'utf8');
    for (const line of [
      'network_mode: host',
      'restart: unless-stopped',
      'DATABASE_URL: sqlite:////data/db.sqlite3',
      'MASTER_URL:',
      'MASTER_TOKEN:',
      ':/data',
    ])
      assert.ok(compose.includes(line), line);
    assert.match(compose, /SECRET_KEY: \$\{PNGX_SECRET_KEY:\?/);
  });
});
