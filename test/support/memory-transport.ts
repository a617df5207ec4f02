import { aborted } from '../../src/paperless/aborted';
import { PaperlessError } from '../../src/paperless/errors';
import { requestLabel } from '../../src/paperless/request-label';
import type { Transport, TransportRequest, TransportResponse } from '../../src/paperless/transport';
import type { SimulatorResponse } from '../../simulator/http/messages';
import type { Random } from '../../simulator/environment';
import { Broken, bytesOf, type Fault, type Passage, type SetFault } from './faults';
import type { Life } from './life';
import type { Site } from './site';
import type { VirtualTime } from './virtual-time';

/** What all connections of a world share. */
export interface Network {
  time: VirtualTime;
  random: Random;
  /** Milliseconds that a request or an answer is under way, at least and at most. */
  latency: { min: number; max: number };
  faults: SetFault[];
  watchers: ((passage: Pick<Passage, 'site' | 'request' | 'bytes'>) => Promise<void>)[];
  /** Told of each answer that comes back. */
  listeners: ((passage: Pick<Passage, 'site' | 'request'>, answer: Pick<SimulatorResponse, 'status' | 'headers'>) => void)[];
  trace(line: string): void;
  /** What the server is asked instead of this path: pages of another size, say. */
  asked(site: Site, path: string): string;
}

/** The way from the engine to one simulated server, without a socket: it takes time, can break anywhere, and is counted. */
export class MemoryTransport implements Transport {
  #closed = false;

  constructor(
    private readonly site: Site,
    private readonly network: Network,
    private readonly life: Life,
  ) {}

  send(request: TransportRequest): Promise<TransportResponse> {
    const given = `${this.site.name}: the exchange was given up.`;
    return new Promise((resolve, reject) =>
      this.life.reach(() => {
        if (this.#closed || request.signal?.aborted === true) {
          reject(aborted(request, given));
          return;
        }
        const giveUp = (): void => this.life.reach(() => reject(aborted(request, given)));
        request.signal?.addEventListener('abort', giveUp, { once: true });
        this.#exchange(request)
          .finally(() => request.signal?.removeEventListener('abort', giveUp))
          .then(
            (response) => this.life.reach(() => resolve(response)),
            (error: unknown) => this.life.reach(() => reject(error instanceof Error ? error : new Error(String(error)))),
          );
      }),
    );
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  async #exchange(request: TransportRequest): Promise<TransportResponse> {
    const { site, network } = this;
    const asked = {
      at: network.time.now(),
      method: request.method,
      path: request.path,
      operation: request.operation,
      outcome: '',
      bytesIn: 0,
      bytesOut: 0,
    };
    site.requests.push(asked);
    const told = (outcome: string): void => {
      asked.outcome = outcome;
      network.trace(`${network.time.now()} ${site.name} ${request.method} ${request.path} ${outcome}`);
    };
    try {
      await this.#travel();
      // Given up before it arrived: the server never sees it.
      if (request.signal?.aborted === true) throw aborted(request, 'given up on the way');
      const bytes = await bodyOf(request);
      asked.bytesIn = bytes.length;
      for (const watch of network.watchers) await watch({ site, request, bytes });
      const answer = await this.#answer(request, bytes);
      const whole = await bytesOf(answer);
      asked.bytesOut = whole.length;
      await this.#travel();
      told(String(answer.status));
      for (const listen of network.listeners) listen({ site, request }, answer);
      return response(answer.status, answer.headers, whole, () => this.#failure(new Broken('in-body', 'connection-lost'), request));
    } catch (error) {
      const failure = error instanceof Broken ? this.#failure(error, request) : error;
      told(failure instanceof PaperlessError ? failure.code : String(failure));
      throw failure;
    }
  }

  #answer(request: TransportRequest, bytes: Uint8Array): ReturnType<Fault> {
    const { site, network, life } = this;
    const serve = (body: Uint8Array = bytes): ReturnType<Fault> =>
      site.instance.handle({
        method: request.method,
        path: network.asked(site, request.path),
        headers: {
          ...request.headers,
          host: new URL(site.url).host,
          ...(request.body === undefined ? {} : { 'content-length': String(body.length) }),
        },
        body: request.body === undefined ? null : body,
      });
    const set = network.faults.find((fault) => fault.take(site, request));
    if (set === undefined) return serve();
    return set.fault({ site, request, bytes, serve, wait: (ms) => network.time.wait(ms), crash: () => life.crash(), life });
  }

  #travel(): Promise<void> {
    const { min, max } = this.network.latency;
    return this.network.time.wait(min + this.network.random.next() * (max - min));
  }

  /** As src/paperless/undici-transport.ts tells them: what was surely not done may be sent again. */
  #failure({ where, code, lasting }: Broken, request: TransportRequest): PaperlessError {
    const unknown = where !== 'not-sent' && !request.repeatable;
    return new PaperlessError({
      class: unknown ? 'unknown-outcome' : lasting ? 'instance' : 'retry',
      code,
      message: `${this.site.name}: ${code} (${where}).`,
      nextStep: 'It is tried again by itself.',
      request: requestLabel(request.method, request.path),
    });
  }
}

async function bodyOf(request: TransportRequest): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  if (request.body !== undefined) for await (const chunk of request.body.open()) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  if (bytes.length !== (request.body?.length ?? 0))
    throw new Error(`The body has ${bytes.length} bytes, ${request.body?.length ?? 0} were announced.`);
  return bytes;
}

const CHUNK = 64 * 1024;

function response(status: number, headers: Record<string, string>, bytes: Uint8Array, failure: () => Error): TransportResponse {
  const said = Number(headers['content-length'] ?? Number.NaN);
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      await Promise.resolve();
      yield bytes.subarray(at, at + CHUNK);
    }
    if (Number.isFinite(said) && said !== bytes.length && status !== 302) throw failure();
  }
  return { status, headers, body: body(), discard: () => Promise.resolve() };
}
