import type { NodeAPI } from 'node-red';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { openControllers } from '../shared/controllers';
import { health, setPhase } from './health';

const bundle = resolve(__dirname, '..', '..', 'ui', 'pngx.js');

function json(res: ServerResponse, code: number, body: unknown): void {
  res.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}

/** The dashboard's elements. Revalidated each time: a version that doesn't fit its API is worse than one more 304. */
function sendBundle(req: IncomingMessage, res: ServerResponse): void {
  if (!existsSync(bundle)) {
    json(res, 404, { code: 'not-built', detail: "The dashboard's code is not built.", next_step: 'Run npm run build.' });
    return;
  }
  const { size, mtimeMs } = statSync(bundle);
  const tag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
  const headers = { etag: tag, 'cache-control': 'no-cache', 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' };
  if (req.headers['if-none-match'] === tag) {
    res.writeHead(304, headers).end();
    return;
  }
  res.writeHead(200, { ...headers, 'content-length': size });
  const file = createReadStream(bundle);
  file.on('error', () => res.destroy());
  file.pipe(res);
}

/**
 * Routes of the runtime, not of a flow: while Node-RED drains, a flow's routes are gone already, and a probe must not take that for health. When all is well and
 * the flow has an http in node of the same path, that one answers.
 */
export = (RED: NodeAPI): void => {
  RED.events.on('flows:started', () => setPhase('running'));
  RED.events.on('flows:stopping', () => setPhase('draining'));

  const flowHas = (path: string): boolean => {
    let found = false;
    RED.nodes.eachNode((node) => {
      const { type, url, method, d } = node as typeof node & { url?: string; method?: string; d?: boolean };
      if (type === 'http in' && url === path && method === 'get' && d !== true) found = true;
    });
    return found;
  };

  RED.httpNode.get('/healthz', (_req, res, next) => {
    const { code, body } = health();
    if (code === 200 && flowHas('/healthz')) next();
    else json(res, code, body);
  });

  RED.httpNode.get('/metrics', (_req, res, next) => {
    const { code, body } = health();
    const [controller] = openControllers();
    if (code !== 200 || controller === undefined) {
      json(res, 503, body);
      return;
    }
    if (flowHas('/metrics')) {
      next();
      return;
    }
    controller.metrics().then(
      (text) => {
        res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' });
        res.end(text);
      },
      () => json(res, 503, { status: 'error', reason: 'metrics' }),
    );
  });

  RED.httpNode.get('/pngx/ui.js', sendBundle);

  RED.httpNode.get('/', (_req, res, next) => {
    if (flowHas('/')) next();
    else res.writeHead(302, { location: '/dashboard/overview' }).end();
  });
};
