/** An answer that kept coming, but not to its end in the time that it had. */
export class BodyTooSlow extends Error {
  readonly code = 'PNGX_BODY_TOO_SLOW';
}

/** What a failed connection means to a person. */
export interface SocketFailure {
  code: string;
  message: string;
  nextStep: string;
  /** Not passing: trying again changes nothing. */
  lasting: boolean;
}

function codeOf(error: unknown): string {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth += 1) {
    const code = 'code' in e && typeof e.code === 'string' ? e.code : '';
    if (code !== '' && code !== 'UND_ERR_SOCKET') return code;
    if (e instanceof AggregateError && e.errors.length > 0) return codeOf(e.errors[0]);
    if (code !== '' && !(e.cause instanceof Error)) return code;
  }
  return '';
}

const certificate =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|ERR_TLS_CERT_ALTNAME_INVALID|CRL_|HOSTNAME_MISMATCH|INVALID_CA|ERROR_IN_CERT|PATH_LENGTH)/;
const protocol = /^(EPROTO|ERR_SSL_|ERR_TLS_)/;

/** A sentence and a next step for what undici and Node's sockets throw. `host` is the origin, without credentials. */
export function explainSocketError(error: unknown, host: string): SocketFailure {
  const code = codeOf(error);
  const passing = (name: string, message: string, nextStep: string): SocketFailure => ({ code: name, message, nextStep, lasting: false });
  const lasting = (name: string, message: string, nextStep: string): SocketFailure => ({ code: name, message, nextStep, lasting: true });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA')
    return passing(
      'host-unknown',
      `The name in ${host} can't be resolved.`,
      'Check the spelling of the URL and that this machine can resolve the name.',
    );
  if (code === 'ECONNREFUSED')
    return passing('connection-refused', `${host} refuses connections.`, 'Check that paperless is running and that host and port are right.');
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN' || code === 'ENETDOWN')
    return passing(
      'host-unreachable',
      `${host} can't be reached over the network.`,
      'Check network, VPN and firewall between this machine and paperless.',
    );
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (code === 'ETIMEDOUT' && (error as { syscall?: unknown }).syscall === 'connect'))
    return passing(
      'connect-timeout',
      `${host} didn't take the connection in time.`,
      'Check that the server is up and that no firewall drops the connection.',
    );
  if (certificate.test(code))
    return lasting(
      'tls-certificate',
      `The TLS certificate of ${host} isn't trusted (${code}).`,
      'Give the server a valid certificate for this name, or make its CA known with NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
    );
  if (protocol.test(code))
    return lasting(
      'tls-failed',
      `No TLS connection to ${host} comes about (${code}).`,
      'Check whether the URL should begin with http:// instead, or name another port.',
    );
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError'))
    return lasting('not-http', `What ${host} answers isn't HTTP.`, 'Check the port, and whether the URL should begin with https://.');
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || code === 'ETIMEDOUT')
    return passing(
      'idle-timeout',
      `${host} went silent in the middle of an exchange.`,
      'Look at the load of the server and at the network between; it is tried again by itself.',
    );
  if (error instanceof BodyTooSlow)
    return passing(
      'answer-too-slow',
      `${host} sends its answer too slowly to be waited for.`,
      'Look at the load of the server and at the network between; it is tried again by itself.',
    );
  return passing(
    'connection-lost',
    `The connection to ${host} broke${code === '' || code === 'UND_ERR_SOCKET' ? '' : ` (${code})`}.`,
    `It is tried again by itself; if it keeps happening, look at proxy and server logs${host.startsWith('http://') ? ', and whether the URL should begin with https://' : ''}.`,
  );
}
