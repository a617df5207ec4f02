import type { Instance } from '../../simulator/instance';
import type { SimulatedVersion } from '../../simulator/profile';
import type { Person } from './person';

/** What the engine asked one server. */
export interface Asked {
  at: number;
  method: string;
  path: string;
  operation: string;
  /** Status of the answer, or the code of what went wrong. */
  outcome: string;
  bytesIn: number;
  bytesOut: number;
}

/** One server of a world. */
export class Site {
  readonly requests: Asked[] = [];
  /** Somebody at its web interface; not counted. */
  readonly person: Person;

  constructor(
    readonly name: string,
    readonly version: SimulatedVersion,
    readonly url: string,
    readonly token: string,
    readonly instance: Instance,
    person: Person,
  ) {
    this.person = person;
  }

  get major(): 2 | 3 {
    return this.instance.store.profile.major;
  }

  count(method: string): number {
    return this.requests.filter((asked) => asked.method === method).length;
  }

  /** Everything but reads. */
  get writes(): Asked[] {
    return this.requests.filter(({ method }) => method !== 'GET');
  }

  forgetRequests(): void {
    this.requests.length = 0;
  }
}
