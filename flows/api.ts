import { Tab, type FlowNode } from './nodes';

/** What an operation needs to be a route: the rest is its own. */
export interface Route {
  id: string;
  method: string;
  /** With `{names}`. */
  path: string;
}

/** One http in per operation. Node-RED's paths write a parameter with a colon. */
export function apiTab(routes: readonly Route[]): FlowNode[] {
  const tab = new Tab(
    'pngx-api',
    'API',
    'The HTTP API: each operation is an "http in", a "request" and the one "http response". Put nodes of your own between them, to log, to limit, or to answer differently.',
  );
  tab.comment(
    'about',
    { column: 0, row: 1 },
    'HTTP in, operation, HTTP out',
    'Answers are JSON; what goes wrong is answered, too, as a problem document that says what to do. docs/api.md describes every operation.',
  );
  for (const [index, route] of routes.entries()) {
    const row = index + 2;
    tab.httpIn(`in-${route.id}`, { column: 0.6, row }, route.method.toLowerCase(), route.path.replaceAll(/\{(\w+)\}/g, ':$1'), [[`do-${route.id}`]]);
    tab.paperless(`do-${route.id}`, 'request', { column: 2.6, row }, [['out']], { operation: route.id });
  }
  tab.httpResponse('out', { column: 4.4, row: 2 + (routes.length - 1) / 2 });
  return tab.nodes;
}
