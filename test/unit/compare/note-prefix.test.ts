import assert from 'node:assert/strict';
import { Bench, differing, document, library } from './bench';

describe('a comparison with note_prefix on', () => {
  it('wants the very author and time in front of each note', async () => {
    const note = { text: 'Paid', user: 'alice', created: '2026-03-01T09:30:59Z' };
    const bench = await Bench.start('3.0.5', '3.0.5', library([document(1, { notes: [note] })], { users: [{ username: 'alice' }] }));
    try {
      await bench.introduce({ sync: true });
      assert.deepEqual(differing(await bench.compare()), []);
      bench.store((store) => store.settings.set('note_prefix', true));
      assert.deepEqual(differing(await bench.compare()), ['notes']);
      const write = (text: string): void => bench.copy(1).notes.forEach((row) => (row.note = text));
      write('[alice, 2026-03-01 09:30 UTC] Paid');
      assert.deepEqual(differing(await bench.compare()), []);
      for (const other of ['[bob, 2026-03-01 09:30 UTC] Paid', '[alice, 2026-03-01 10:30 UTC] Paid', 'Not Paid']) {
        write(other);
        assert.deepEqual(differing(await bench.compare()), ['notes'], other);
      }
    } finally {
      await bench.close();
    }
  });
});
