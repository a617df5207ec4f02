import type { PaperlessErrorInit } from './errors';
import { PaperlessError } from './errors';
import { requestLabel } from './request-label';
import { retryAfterMs } from './retry-after';
import type { TransportRequest } from './transport';

/** An answer that isn't what was asked for. */
export interface Refusal {
  /** The instance's name, for the sentence. */
  name: string;
  url: string;
  request: TransportRequest;
  status: number;
  headers: Record<string, string>;
  /** The first 64 kB of the body. */
  text: string;
}

type Verdict = Omit<PaperlessErrorInit, 'request' | 'status' | 'cause'>;

const urlHint = "Check the URL: paperless's start page, with its sub-path if it has one, without /api.";
const proxyHint =
  "If a login proxy (Authelia, Authentik, oauth2-proxy, …) stands before paperless, let /api through to paperless's own token check, or use an address behind the proxy.";

/** What a status other than 2xx, or a 2xx that isn't JSON, means and what is done next. */
export function refused(refusal: Refusal): PaperlessError {
  const { request, status } = refusal;
  return new PaperlessError({ ...verdict(refusal), request: requestLabel(request.method, request.path), status });
}

function verdict(r: Refusal): Verdict {
  const { name, request, status, headers } = r;
  const write = !request.repeatable;
  const html = !isJson(headers);
  if (status < 300) return notJson(r);
  if (status < 400) return redirected(r);
  if (status >= 500) {
    if (write) return unknownOutcome(name, `answered ${status} to a write`);
    const wait = retryAfterMs(headers);
    return {
      class: wait === null ? 'retry' : 'retry-after',
      code: 'server-error',
      message: `${name} answered ${status}.`,
      nextStep: "It is tried again by itself; if it stays, look at paperless's log.",
      ...(wait === null ? {} : { retryAfterMs: wait }),
    };
  }
  switch (status) {
    case 400:
      return badRequest(r);
    case 401:
      return {
        class: 'instance',
        code: 'token-refused',
        message: `${name} doesn't accept the API token.`,
        nextStep:
          'Make a new token in paperless (My Profile) for a superuser and enter it here; if it is right, see that no proxy eats the Authorization header.',
      };
    case 403:
      return forbidden(r);
    case 404:
    case 410:
      if (html) return elsewhere(name, `answered ${status} with a page instead of JSON`, urlHint);
      return {
        class: 'document',
        code: 'not-found',
        message: `${name} has nothing (any more) at ${requestLabel(request.method, request.path)}.`,
        nextStep: 'It was deleted or trashed there; the next sweep finds out which.',
      };
    case 405:
    case 501:
      return elsewhere(name, `doesn't allow ${request.method}`, `Let the proxy or firewall before it pass GET, POST, PATCH and DELETE. ${urlHint}`);
    case 406:
      return {
        class: 'instance',
        code: 'version-unsupported',
        message: `${name} doesn't speak the API version that was asked for.`,
        nextStep: 'Use paperless-ngx 2.20 or 3.x; after an upgrade, run the connection test again.',
      };
    case 408:
    case 425:
      return write
        ? unknownOutcome(name, `answered ${status} to a write`)
        : { class: 'retry', code: 'server-busy', message: `${name} answered ${status}.`, nextStep: 'It is tried again by itself.' };
    case 413:
      return {
        class: 'document',
        code: 'body-limit',
        message: `A proxy before ${name} refuses bodies of this size.`,
        nextStep: 'Raise its limit (nginx: client_max_body_size, 1 MB by default) above the largest file of the library.',
      };
    case 414:
    case 431:
      return elsewhere(name, 'refuses addresses of this length', 'Let the proxy before it take request lines of 8 kB.');
    case 429: {
      const wait = retryAfterMs(headers);
      return {
        class: wait === null ? 'retry' : 'retry-after',
        code: 'throttled',
        message: `${name} asks for fewer requests.`,
        nextStep: 'It is slowed down by itself; raise the rate limit of the proxy before it if there is one.',
        ...(wait === null ? {} : { retryAfterMs: wait }),
      };
    }
    default:
      return html || request.method === 'GET' ? elsewhere(name, `answered ${status}`, urlHint) : badRequest(r);
  }
}

export function isJson(headers: Record<string, string>): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(headers['content-type'] ?? '');
}

function unknownOutcome(name: string, what: string): Verdict {
  return {
    class: 'unknown-outcome',
    code: 'server-error',
    message: `${name} ${what}: it may have been done, or not, or half.`,
    nextStep: 'Nothing is sent again until a look at the instance has shown what is there.',
  };
}

function elsewhere(name: string, what: string, nextStep: string): Verdict {
  return { class: 'instance', code: 'not-paperless', message: `${name} ${what}: this isn't paperless's API.`, nextStep };
}

function notJson(r: Refusal): Verdict {
  if (!r.request.repeatable) return { ...unknownOutcome(r.name, 'answered a write with a page instead of JSON'), code: 'login-page' };
  return loginPage(r.name, 'answered with a page instead of JSON');
}

function loginPage(name: string, what: string): Verdict {
  return { class: 'instance', code: 'login-page', message: `${name} ${what}, most likely a login page.`, nextStep: `${urlHint} ${proxyHint}` };
}

function redirected(r: Refusal): Verdict {
  const target = URL.parse(r.headers['location'] ?? '', r.url);
  const base = URL.parse(r.url);
  if (target !== null && base !== null) {
    if (target.host === base.host && target.protocol === 'https:' && base.protocol === 'http:')
      return {
        class: 'instance',
        code: 'url-invalid',
        message: `${r.name} redirects http to https.`,
        nextStep: `Enter the URL with https://: the token isn't sent along a redirect.`,
      };
    if (target.origin === base.origin && target.pathname.includes('/accounts/login'))
      return {
        class: 'instance',
        code: 'login-page',
        message: `${r.name} redirects to paperless's own login page: there is no API under this URL.`,
        nextStep: urlHint,
      };
    return loginPage(r.name, `redirects to ${target.origin}`);
  }
  return loginPage(r.name, 'answers with a redirect');
}

function forbidden(r: Refusal): Verdict {
  const rights: Verdict = {
    class: 'instance',
    code: 'no-rights',
    message: `${r.name} refuses this to the token's user.`,
    nextStep: 'Use the API token of a superuser: others see and change only a part.',
  };
  if (isJson(r.headers) || r.text.trim() === 'Insufficient permissions') return rights;
  // A write to an address that paperless doesn't know ends in a CSRF page, not in a 404 (§18.5).
  return {
    class: 'instance',
    code: 'login-page',
    message: `${r.name} refuses with a page instead of JSON: the URL misses paperless's API, or something before it refuses.`,
    nextStep: `${urlHint} ${proxyHint}`,
  };
}

const known: { pattern: RegExp; code: string; nextStep: string }[] = [
  {
    pattern: /^document: File type .* not supported/,
    code: 'file-type-unsupported',
    nextStep: 'Give the replica what the type needs (office files and mails: Tika and Gotenberg), or leave the document out.',
  },
  {
    pattern: /^document: The submitted file is empty/,
    code: 'file-empty',
    nextStep: 'paperless takes no empty file: look at the document on the master.',
  },
  {
    pattern: /^archive_serial_number: .*already exists in the trash/i,
    code: 'asn-in-trash',
    nextStep: 'Empty that document from the trash of the replica, or give it another ASN.',
  },
  {
    pattern: /^archive_serial_number: .*already exists/i,
    code: 'asn-taken',
    nextStep: 'Another document of the replica has this ASN: free it there, or change it on the master.',
  },
  {
    pattern: /(?:owner \/ name unique constraint|Object violates|^name: .*already exists)/i,
    code: 'name-taken',
    nextStep: 'Something of this name is there already; it is matched at the next look.',
  },
  {
    pattern: /Some documents in value don't exist/,
    code: 'link-target-missing',
    nextStep: 'A linked document is missing or trashed on the replica; the link is set when it is there.',
  },
];

function badRequest(r: Refusal): Verdict {
  const fields = isJson(r.headers) ? flatten(r.text) : null;
  if (fields === null)
    return elsewhere(
      r.name,
      `answered ${r.status} with a page`,
      `${urlHint} If it is right, see that PAPERLESS_URL or PAPERLESS_ALLOWED_HOSTS of the instance names this host, and whether http and https are mixed up.`,
    );
  const said = Object.entries(fields).map(([field, text]) => `${field}: ${text}`);
  const match = known.find(({ pattern }) => said.some((text) => pattern.test(text)));
  const read = r.request.method === 'GET';
  return {
    class: read ? 'instance' : 'document',
    code: match?.code ?? 'refused',
    message: `${r.name} refuses: ${said.join('; ').slice(0, 500)}`,
    nextStep:
      match?.nextStep ??
      (read ? 'This is a fault of pngx-controller: please report it.' : 'Look at the value on the master; paperless says what is wrong with it.'),
    fields,
  };
}

/** paperless's nested error lists as one line a field (`custom_fields.0.non_field_errors`), each cut to 500 characters; null when it isn't JSON. */
function flatten(text: string): Record<string, string> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const fields: Record<string, string> = {};
  const walk = (value: unknown, path: string[], depth: number): void => {
    if (Array.isArray(value) && value.every((v) => typeof v !== 'object'))
      fields[path.join('.') || 'error'] = value.map(String).join(' ').slice(0, 500);
    else if (typeof value === 'object' && value !== null && depth < 6)
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key], depth + 1);
    else if (value !== null) fields[path.join('.') || 'error'] = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 500);
  };
  walk(json, [], 0);
  return fields;
}
