import { BlockList, isIP } from 'node:net';
import { PaperlessError } from './errors';

/** An instance's address, taken apart: requests go to `origin` with `basePath` before their path. */
export interface InstanceUrl {
  /** As it may be shown: no credentials, no query, no trailing slash. */
  url: string;
  origin: string;
  /** `''` or `/sub/path`, never with a trailing slash. */
  basePath: string;
}

const metadataAddresses = new BlockList();
metadataAddresses.addSubnet('169.254.0.0', 16, 'ipv4');
metadataAddresses.addSubnet('fe80::', 10, 'ipv6');
metadataAddresses.addAddress('fd00:ec2::254', 'ipv6');
metadataAddresses.addAddress('100.100.100.200', 'ipv4');
metadataAddresses.addAddress('192.0.0.192', 'ipv4');
const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data']);

/** Link-local ranges and the addresses where clouds hand out machine credentials. Private ranges are allowed: paperless lives there. */
export function isForbiddenAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && metadataAddresses.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

export function forbiddenAddress(host: string): PaperlessError {
  return new PaperlessError({
    class: 'instance',
    code: 'address-forbidden',
    message: `${host} is a link-local or metadata address: no paperless is reached there.`,
    nextStep: 'Give the address of the paperless server itself, by name or by its address on the network.',
  });
}

function badUrl(
  message: string,
  nextStep = 'Give the address of the start page, like https://paperless.example.org or http://10.0.0.5:8000/paperless.',
) {
  return new PaperlessError({ class: 'instance', code: 'url-invalid', message, nextStep });
}

/** What a person typed as an instance's URL. Throws `url-invalid` or `address-forbidden`, never repeating credentials that stood in it. */
export function parseInstanceUrl(text: string): InstanceUrl {
  const trimmed = text.trim();
  if (trimmed === '') throw badUrl('The URL is empty.');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) throw badUrl('The URL has no http:// or https:// at its start.');
  const parsed = URL.parse(trimmed);
  if (parsed === null) throw badUrl("The URL can't be read as one.");
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw badUrl(`The URL begins with ${parsed.protocol}//, only http and https are spoken.`);
  if (parsed.username !== '' || parsed.password !== '')
    throw badUrl('The URL carries a user name or a password.', 'Leave them out: the instance is signed in to with its API token alone.');
  if (parsed.search !== '' || parsed.hash !== '') throw badUrl('The URL carries a query or a fragment.');
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (isForbiddenAddress(host) || metadataNames.has(host.toLowerCase().replace(/\.$/, ''))) throw forbiddenAddress(host);
  const basePath = parsed.pathname.replace(/\/+$/, '');
  if (/\/api(\/|$)/.test(basePath)) throw badUrl('The URL points into /api.', 'Leave out /api and what follows: give the address of the start page.');
  return { url: parsed.origin + basePath, origin: parsed.origin, basePath };
}
