import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What is known of whoever asks, before anything is done for them. */
export interface Peer {
  address: string | undefined;
  method: string;
  headers: IncomingHttpHeaders;
}

export interface Refusal {
  code: string;
  detail: string;
  nextStep: string;
}

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '').replace(/^\[(.*)\]$/, '$1');
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain);
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host);
}

function hostOf(value: string): string | null {
  try {
    return new URL(value).host;
  } catch {
    return null;
  }
}

/**
 * Until there is a login, only this machine is served: by its address, and by the name it is asked under, so that a page that a browser was sent to elsewhere
 * can't reach in through a name of its own. Null when there is nothing to refuse. `write` is what changes something, where a foreign page must not be the asker.
 */
export function refusal(peer: Peer, write: boolean): Refusal | null {
  const { headers } = peer;
  if (peer.address === undefined || !isLoopbackAddress(peer.address)) {
    return {
      code: 'not-loopback',
      detail: `The controller has no login yet and answers this machine alone; you are ${peer.address ?? 'unknown'}.`,
      nextStep: 'Open it on the machine itself, or through an SSH tunnel (ssh -L 8000:localhost:8000 host).',
    };
  }
  if (proxyHeaders.some((name) => headers[name] !== undefined)) {
    return {
      code: 'through-proxy',
      detail: 'This request came through a proxy, and the controller has no login yet.',
      nextStep: 'Ask on this machine directly; publishing it needs a version with a login.',
    };
  }
  const host = headers.host === undefined ? null : hostOf(`http://${headers.host}`);
  const name = host === null ? null : new URL(`http://${host}`).hostname;
  if (host === null || name === null || !isLoopbackHost(name)) {
    return {
      code: 'foreign-host',
      detail: 'This request names another host than this machine.',
      nextStep: 'Use the address http://localhost and the port.',
    };
  }
  if (write && headers.origin !== undefined && hostOf(headers.origin) !== host) {
    return {
      code: 'foreign-origin',
      detail: 'This request comes from a page of another site.',
      nextStep: "Use the controller's own pages, or a program.",
    };
  }
  return null;
}

const readMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function peerOf(req: IncomingMessage): Peer {
  return { address: req.socket.remoteAddress, method: req.method ?? 'GET', headers: req.headers };
}

/** Express middleware: everything but what `open` names is for this machine alone. */
export function loopbackOnly(open: readonly string[] = []) {
  return (req: IncomingMessage, res: ServerResponse, next: () => void): void => {
    const path = (req.url ?? '/').split('?')[0] ?? '/';
    const method = req.method ?? 'GET';
    const refused = open.includes(path) ? null : refusal(peerOf(req), !readMethods.has(method));
    if (refused === null) {
      next();
      return;
    }
    sendProblem(res, { status: 403, title: 'Forbidden', instance: path, ...refused });
  };
}

export function sendProblem(res: ServerResponse, problem: Refusal & { status: number; title: string; instance: string }): void {
  res.writeHead(problem.status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  res.end(
    JSON.stringify({
      type: `urn:pngx:problem:${problem.code}`,
      title: problem.title,
      status: problem.status,
      detail: problem.detail,
      instance: problem.instance,
      code: problem.code,
      next_step: problem.nextStep,
    }),
  );
}

/** What the dashboard's socket needs: it passes no HTTP middleware, and this replaces the guard that it has of its own, so foreign pages are refused here. */
export function socketLoopbackOnly(socket: { request: IncomingMessage }, next: (error?: Error) => void): void {
  const refused = refusal(peerOf(socket.request), true);
  next(refused === null ? undefined : new Error(refused.detail));
}
