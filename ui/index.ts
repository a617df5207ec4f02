import { Overview } from './overview';

/** Loaded again by a dashboard that renders its scripts anew: an element can be defined once only. */
function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

define('pngx-overview', Overview);
