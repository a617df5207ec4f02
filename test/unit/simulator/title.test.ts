import assert from 'node:assert/strict';
import { renderTitle } from '../../../simulator/consume/title';

describe("an upload's title", () => {
  it('is cut after 127 letters as Python counts them, so that a mark at its end stays', () => {
    const title = `${'🧾'.repeat(116)} [mark:567]`;
    assert.equal(renderTitle(title, {}, ''), title);
    assert.equal(renderTitle(`${title}!`, {}, ''), title);
  });
});
