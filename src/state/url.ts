/** An instance's address as it is kept: http(s), no credentials, no query, no slash at the end. Throws an Error with a sentence that starts at "is". */
export function instanceUrl(text: string): string {
  const trimmed = text.trim();
  let url: URL;
  try {
    url = new URL(trimmed);
  } catch {
    throw new Error(`isn't an address. Give one such as http://100.64.0.2:8000.`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('must begin with http:// or https://.');
  if (url.username !== '' || url.password !== '') throw new Error('must not hold a user or password; the token has a field of its own.');
  if (url.search !== '' || url.hash !== '') throw new Error(`must end with the path; take away what begins at "${url.search === '' ? '#' : '?'}".`);
  return trimmed.replace(/\/+$/, '');
}

/** Two addresses of one server have one key: without slash at the end, case of the host and a default port. */
export function urlKey(url: string): string {
  return new URL(url).href.replace(/\/+$/, '');
}
