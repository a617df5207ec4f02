/** A door for demos and tests beside the API, open only when the simulator is started with it: counters, and holding the workers still. */
import type { Instance } from './instance';
import type { SimulatorRequest, SimulatorResponse } from './http/messages';

/** Wraps an instance's handler; everything under /_simulator/ is answered here and isn't counted. */
export function withControl(instance: Instance): (request: SimulatorRequest) => Promise<SimulatorResponse> {
  const actions: Record<string, () => unknown> = {
    'GET /_simulator/counters': () => ({ methods: instance.counters.methods(), paths: instance.counters.snapshot() }),
    'POST /_simulator/counters/reset': () => done(() => instance.counters.reset()),
    'POST /_simulator/workers/pause': () => done(() => instance.consumer.queue.pause()),
    'POST /_simulator/workers/resume': () => done(() => instance.consumer.queue.resume()),
    'GET /_simulator/queue': () => ({ length: instance.consumer.queue.length }),
  };
  return (request) => {
    const key = `${request.method} ${request.path}`;
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    if (!action) return instance.handle(request);
    const body = Buffer.from(JSON.stringify(action()));
    return Promise.resolve({ status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body });
  };
}

function done(act: () => void): Record<string, never> {
  act();
  return {};
}
