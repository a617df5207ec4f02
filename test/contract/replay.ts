/** Replays one scenario, exchange by exchange, and says how each compares. */
import { Comparison, type Difference } from './compare';
import { fixtures } from './fixtures';
import { reasonToLeaveOut } from './left-out';
import { isRow, laterTask, perform, tasksIn } from './perform';
import { recordings, type Exchange, type Recording } from './recording';
import type { ShapeName } from './shapes';
import { Stage } from './stage';

export interface Result {
  index: number;
  title: string;
  leftOut?: string;
  differences: Difference[];
  used: Set<ShapeName>;
}

export async function replay(recording: Recording): Promise<Result[]> {
  const stage = new Stage(recording);
  const fixture = fixtures[recording.scenario];
  prepareKnownTexts(stage);
  await fixture?.before?.(stage);
  const results: Result[] = [];
  for (const [index, exchange] of recording.exchanges.entries()) {
    await fixture?.at?.(stage, index);
    results.push(await replayOne(stage, index, exchange));
  }
  return results;
}

async function replayOne(stage: Stage, index: number, exchange: Exchange): Promise<Result> {
  const title = `${exchange.request?.method ?? '-'} ${(exchange.request?.path ?? '').slice(0, 100)}`;
  const leftOut = reasonToLeaveOut(stage.recording, index, exchange);
  const result: Result = { index, title, differences: [], used: new Set(), ...(leftOut !== undefined && { leftOut }) };
  if (!exchange.request || !exchange.response || exchange.direction) return result;
  const answer = await perform(stage, stage.recording, index);
  const held = hasPendingTask(stage.recording, index) || fixtures[stage.recording.scenario]?.holds?.(stage, index);
  if (!held) await stage.settle();
  else stage.environment.pass(1);
  if (leftOut !== undefined) return result;
  const comparison = new Comparison(stage.vocabulary, exchange.response, answer);
  return { ...result, differences: comparison.differences, used: comparison.used };
}

/** Whether the next exchange shows work that isn't done: then the workers mustn't go on before it. */
function hasPendingTask(recording: Recording, index: number): boolean {
  const next = recording.exchanges[index + 1];
  return next !== undefined && tasksIn(next).some((row) => ['PENDING', 'pending', 'STARTED', 'started'].includes(row.status));
}

/** Texts that OCR read from pictures: the instance is told them, by the file's sum. */
function prepareKnownTexts(stage: Stage): void {
  const own = [stage.recording, ...recordings(stage.recording.server).filter((other) => other.scenario === 'library')];
  for (const recording of own) {
    for (const [index, exchange] of recording.exchanges.entries()) {
      const file = exchange.request?.form?.file;
      const answered = exchange.response?.json;
      if (!file || (file.type !== 'image/png' && file.base64 !== undefined) || typeof answered !== 'string') continue;
      const document = laterTask(recording, index, answered)?.document;
      const shown = recording.exchanges.map((other) => other.response?.json).find((json) => isRow(json) && json.id === document && 'content' in json);
      const { content = '', page_count = null } = (shown ?? {}) as { content?: string; page_count?: number | null };
      stage.instance.know(file.bytes_sha256, { text: content, pageCount: page_count });
    }
  }
}
