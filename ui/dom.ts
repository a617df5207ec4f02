type Child = Node | string | null;

/** What an element can be given: attributes by name; `false` and null leave one away. */
type Attributes = Record<string, string | number | boolean | null>;

/** An element of it all. Text goes in as text: nothing that a server says is ever read as HTML. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A link, where the address is one that a browser may follow; else its text alone. */
export function link(address: string): HTMLElement {
  let protocol = '';
  try {
    ({ protocol } = new URL(address));
  } catch {
    // Not an address: shown as it is.
  }
  if (protocol !== 'http:' && protocol !== 'https:') return h('span', {}, address);
  return h('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, address.replace(/^https?:\/\//, ''));
}
