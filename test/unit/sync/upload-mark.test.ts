import assert from 'node:assert/strict';
import { markOf, nonceIn } from '../../../src/sync/upload-mark';

describe("an upload's mark", () => {
  it('is found at the end of a title, or alone where the document has none', () => {
    const mark = markOf('0123456789');
    assert.equal(nonceIn(`Invoice ${mark}`), '0123456789');
    // paperless takes off the blank before it.
    assert.equal(nonceIn(mark), '0123456789');
  });

  it('is nobody’s elsewhere in a title', () => {
    for (const title of [
      '',
      'Invoice',
      '[pngx:0123456789] Invoice',
      'Invoice[pngx:0123456789]',
      'Invoice [pngx:012345678]',
      'Invoice [pngx:0123456789] ',
    ])
      assert.equal(nonceIn(title), undefined, title);
  });
});
