import type { Controller, RunSummary, Ticket } from './types';

/** A lane without a flow: the same stages in the order in which the shipped flow wires them. Never rejects; what failed is in the run. */
export async function driveLane(controller: Controller, ticket: Ticket): Promise<RunSummary | null> {
  try {
    await controller.pollTasks(ticket);
    await controller.schemaParity(ticket);
    await pushAll(controller, ticket);
    await controller.verify(ticket);
    return await controller.cycleEnd(ticket);
  } catch (error) {
    return controller.cycleEnd(ticket, error);
  }
}

/** Batch after batch as room comes free, until the lane is drained; waits for what is under way even when one batch fails. */
async function pushAll(controller: Controller, ticket: Ticket): Promise<void> {
  const under = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (work: Promise<void>): void => {
    const guarded = work
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => under.delete(guarded));
    under.add(guarded);
  };
  const next = async (): Promise<void> => {
    const { batch } = await controller.fetchChanged(ticket);
    // By JSON, as messages between nodes are: what works here works there.
    if (batch !== null)
      await controller.pushDoc(batch.ticket, JSON.parse(JSON.stringify(batch.items)) as unknown[], {
        room: () => start(next()),
        settled: () => undefined,
      });
  };
  start(next());
  while (under.size > 0) await Promise.race(under);
  if (failures.length > 0) throw failures[0];
}
