/** The one throttle of the API: 3.x lets a few log-ins a minute pass, whatever their outcome. */
import type { Clock } from '../environment';
import { ApiError } from './errors';

const window = 60_000;

export class Throttle {
  #times: number[] = [];

  /** @param rate requests a minute; 0 lets all pass. */
  constructor(
    readonly clock: Clock,
    readonly rate: number,
  ) {}

  /** @throws ApiError 429 */
  admit(): void {
    if (this.rate === 0) return;
    const now = this.clock.now();
    this.#times = this.#times.filter((time) => time > now - window);
    if (this.#times.length >= this.rate) {
      const wait = Math.ceil((window - (now - (this.#times[0] ?? now))) / 1000);
      throw new ApiError(
        429,
        { detail: `Request was throttled. Expected available in ${wait} second${wait === 1 ? '' : 's'}.` },
        { 'retry-after': String(wait) },
      );
    }
    this.#times.push(now);
  }
}
