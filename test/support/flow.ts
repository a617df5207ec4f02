import assert from 'node:assert/strict';
import type { BatchItem, PushResult, RunSummary, Ticket } from '../../src/controller/types';
import type { World } from './world';

export interface Flow {
  /** What stands between fetch-changed and push-doc: gives back what of the batch goes on. */
  between?: (items: BatchItem[]) => unknown[];
  withoutVerify?: boolean;
}

/** The tickets of a run that was started by hand. */
export async function startRun(world: World): Promise<Ticket[]> {
  const started = await world.run(world.engine.requestSync({ trigger: 'manual' }));
  assert.equal(started.kind, 'started');
  return started.tickets;
}

/** One cycle with somebody's own nodes in it; every lane goes through the stages as the shipped flow wires them. */
export async function flowCycle(world: World, flow: Flow = {}): Promise<{ summary: RunSummary; results: PushResult[] }> {
  const results: PushResult[] = [];
  const tickets = await startRun(world);
  const summaries = await world.run(Promise.all(tickets.map((ticket) => lane(world, ticket, flow, results))));
  const summary = summaries.find((one) => one !== null);
  assert.ok(summary);
  return { summary, results };
}

async function lane(world: World, ticket: Ticket, flow: Flow, results: PushResult[]): Promise<RunSummary | null> {
  const { engine } = world;
  await engine.pollTasks(ticket);
  await engine.schemaParity(ticket);
  for (;;) {
    const { batch, drained } = await engine.fetchChanged(ticket);
    if (drained || batch === null) break;
    // As messages travel: by value.
    const items = JSON.parse(JSON.stringify(batch.items)) as BatchItem[];
    const back = flow.between?.(items) ?? items;
    await engine.pushDoc(batch.ticket, back, { room: () => undefined, settled: (result) => void results.push(result) });
  }
  if (flow.withoutVerify !== true) await engine.verify(ticket);
  return engine.cycleEnd(ticket);
}
