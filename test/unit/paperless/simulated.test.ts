import { machineEnvironment } from '../../../simulator/environment';
import { listen } from '../../../simulator/http/server';
import { Instance } from '../../../simulator/instance';
import { generateLibrary } from '../../../simulator/library';
import { token } from './support';
import { tryClient } from './try-client';

for (const version of ['2.20.15', '3.0.5'] as const)
  tryClient(`reader and writer against a simulated ${version}`, version === '3.0.5', async () => {
    const library = generateLibrary({ documents: 30, seed: 4 });
    const instance = new Instance({ version, environment: machineEnvironment(1), token, duplicatesRefused: true });
    instance.seed(library);
    const server = await listen((request) => instance.handle(request), 0);
    return { url: server.url, token, version, library, pause: () => new Promise((resolve) => setImmediate(resolve)), close: () => server.close() };
  });
