import assert from 'node:assert/strict';
import type { PaperlessReader, WireDocumentWithContent } from '../../../src/paperless';
import { ContentShare } from '../../../src/sync/content-share';

/** A master whose answers come when the test says so. */
class SlowMaster {
  readonly asked: { ids: readonly number[]; answer: (characters: number) => void; fail: (error: Error) => void }[] = [];

  documentsWithContent(ids: readonly number[]): Promise<WireDocumentWithContent[]> {
    return new Promise((resolve, reject) => {
      this.asked.push({
        ids,
        answer: (characters) => resolve(ids.map((id) => ({ id, content: 'x'.repeat(characters) }) as WireDocumentWithContent)),
        fail: reject,
      });
    });
  }
}

function open(): { master: SlowMaster; share: ContentShare } {
  const master = new SlowMaster();
  return { master, share: new ContentShare(master as unknown as PaperlessReader, {}) };
}

const few = [1, 2, 3];
const others = [4, 5, 6];

describe('texts shared by the lanes of a run', () => {
  it('are asked for once', async () => {
    const { master, share } = open();
    const both = [share.get(few), share.get(few)];
    master.asked[0]!.answer(10);
    for (const found of await Promise.all(both)) assert.deepEqual([...found.keys()], few);
    assert.equal(master.asked.length, 1);
  });

  it('of one lane are not lost when those of another fill the room', async () => {
    const { master, share } = open();
    const first = share.get(few);
    const second = share.get(others);
    // The first lane's texts are more than is kept: all are let go of, while the second waits for its own.
    master.asked[0]!.answer(6 * 1024 * 1024);
    await first;
    master.asked[1]!.answer(10);
    const found = await second;
    assert.deepEqual(
      others.map((id) => found.get(id)?.id),
      others,
      'documents that are there were taken for gone',
    );
  });

  it('that failed are asked for again', async () => {
    const { master, share } = open();
    const failing = share.get(few);
    master.asked[0]!.fail(new Error('broken'));
    await assert.rejects(failing, /broken/u);
    const again = share.get(few);
    master.asked[1]!.answer(1);
    assert.equal((await again).get(1)?.content, 'x');
  });
});
