import {
  documentError,
  failing,
  finishReplacements,
  fail,
  hold,
  parseItem,
  purgeCopies,
  pollTasks,
  pushBatch,
  sameWanted,
  trashCopies,
  schemaParity,
  verify,
  type HandedItem,
  type PushItem,
  type Settled,
} from '../sync';
import { takeUp } from '../sync/reconcile';
import type { Board, LaneSeat } from './board';
import type { BatchItem, Controller, PushResult, StageReport, Ticket } from './types';

/** What each stage does with a good ticket: the engine's part, told in the words of messages. */

export async function poll(seat: LaneSeat): Promise<StageReport> {
  return { stage: 'poll-tasks', counts: { ...(await pollTasks(seat.lane)) } };
}

export async function parity(seat: LaneSeat): Promise<StageReport> {
  const { looked, ...counts } = await schemaParity(seat.lane);
  return { stage: 'schema-parity', counts: { ...counts, looked: Number(looked) } };
}

export async function fetch(seat: LaneSeat, board: Board): ReturnType<Controller['fetchChanged']> {
  await board.run.ingest();
  await (seat.takenUp ??= takeUp(seat.lane));
  const hasWork = board.run.store.registry.workCount(seat.replicaId) > 0;
  const items = seat.lane.signal.aborted || (hasWork && seat.lane.pushesOver()) ? [] : seat.handOut.next(board.run.settings.batchSize);
  if (items.length > 0) {
    const batch = board.issue(seat, items);
    return { batch: { ticket: board.ticket(seat, batch.id), items: items.map(toMessage) }, drained: false };
  }
  // Batches are still out: the last of them asks again when it is settled.
  if (board.outstanding(seat) > 0 || seat.drained) return { batch: null, drained: false };
  // Said before the copies are dealt with: who asks meanwhile must not deal with them as well.
  seat.drained = true;
  try {
    await failing('replica', seat.name, () => finishReplacements(seat.lane));
    await trashCopies(seat.lane);
    await purgeCopies(seat.lane);
  } catch (error) {
    seat.drained = false;
    throw error;
  }
  return { batch: null, drained: true };
}

export async function push(
  seat: LaneSeat,
  board: Board,
  ticket: Ticket,
  items: readonly unknown[],
  hooks: { room(): void; settled(result: PushResult): void },
): Promise<StageReport> {
  const batch = board.claim(seat, ticket.batchId);
  const counts: Record<string, number> = {};
  const settled = (result: Settled): void => {
    counts[result.outcome] = (counts[result.outcome] ?? 0) + 1;
    hooks.settled(toResult(seat.name, result));
  };
  try {
    const { pushed, kept } = sort(seat, batch.items, items, settled);
    for (const item of kept) {
      hold(seat.lane, item);
      settled(held(item));
    }
    await failing('replica', seat.name, () => pushBatch(seat.lane, pushed, { room: () => hooks.room(), settled }));
  } finally {
    batch.state = 'settled';
    for (const item of batch.items) seat.handOut.back(item.row.id);
    // A run may hand out a whole library: what is settled isn't kept.
    batch.items = [];
  }
  // The last batch asks once more, so that the lane learns that nothing is left.
  if (board.outstanding(seat) === 0) hooks.room();
  return { stage: 'push-doc', counts };
}

export async function check(seat: LaneSeat, onResult: Parameters<typeof verify>[1]): Promise<StageReport> {
  const report = await verify(seat.lane, onResult);
  seat.verified += report.matched;
  return { stage: 'verify', counts: { ...report } };
}

/** What came back of a batch: documents to push, and those that the flow left out. */
function sort(
  seat: LaneSeat,
  given: readonly HandedItem[],
  returned: readonly unknown[],
  settled: (result: Settled) => void,
): { pushed: PushItem[]; kept: HandedItem[] } {
  const open = new Map(given.map((item) => [item.row.masterDocId, item]));
  const pushed: PushItem[] = [];
  for (const raw of returned) {
    const parsed = parseItem(raw);
    const id = 'item' in parsed ? parsed.item.id : parsed.id;
    const handed = id === null ? undefined : open.get(id);
    if (handed === undefined) {
      const about = id === null ? 'an item without an id' : `document ${id}`;
      seat.lane.run.log('warning', `${seat.name}: the flow sent ${about} that isn't in its batch; ignored.`, { replicaId: seat.replicaId });
      continue;
    }
    open.delete(handed.row.masterDocId);
    if ('item' in parsed) pushed.push({ ...handed, returned: parsed.item.document, changedByFlow: !sameWanted(parsed.item.document, handed.wanted) });
    else settled(refused(seat, handed, parsed.problem));
  }
  return { pushed, kept: [...open.values()] };
}

function refused(seat: LaneSeat, item: HandedItem, problem: string): Settled {
  const row = fail(
    seat.lane,
    item.row,
    documentError(
      'flow-item-malformed',
      problem,
      'Look at the Function between fetch-changed and push-doc: it may change the values of document, not its shape.',
    ),
  );
  return {
    id: row.masterDocId,
    replicaDocId: row.replicaDocId,
    outcome: 'error',
    title: item.wanted.title,
    message: row.errorMessage,
    nextStep: row.errorNextStep,
  };
}

function held(item: HandedItem): Settled {
  return {
    id: item.row.masterDocId,
    replicaDocId: item.row.replicaDocId,
    outcome: 'held',
    title: item.wanted.title,
    message: 'The flow kept it back.',
    nextStep: null,
  };
}

function toMessage(item: HandedItem): BatchItem {
  // A copy: nodes change what they get, and what was handed out must stay what it was.
  return { id: item.row.masterDocId, version: item.version, reason: item.reason, document: structuredClone(item.wanted) };
}

function toResult(replica: string, { id, replicaDocId, outcome, title, message, nextStep }: Settled): PushResult {
  return { id, replica, replica_document_id: replicaDocId, outcome, title, message, next_step: nextStep };
}
