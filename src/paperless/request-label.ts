/** Method and path class for messages and counters: ids become `{id}`, the query is dropped. */
export function requestLabel(method: string, path: string): string {
  const bare = path.split('?')[0] ?? '';
  return `${method} ${bare.replace(/\/\d+(?=\/|$)/g, '/{id}')}`;
}
