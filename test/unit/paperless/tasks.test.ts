import assert from 'node:assert/strict';
import { createWriter } from '../../../src/paperless/http-client';
import type { WireTask } from '../../../src/paperless/wire';
import { address, type Answer, fails, json, page, real, scripted } from './support';

type Row = Record<string, unknown>;
function rowsOf(answer: Answer): Row[] {
  return Array.isArray(answer.json) ? (answer.json as Row[]) : (answer.json as { results: Row[] }).results;
}
async function taskOf(fixture: string | Answer, version: string): Promise<WireTask> {
  const answer = typeof fixture === 'string' ? real(fixture) : fixture;
  const id = rowsOf(answer)[0]!['task_id'] as string;
  const task = await createWriter(address, scripted([answer]), { version }).task(id);
  assert.ok(task);
  return task;
}
const brief = (task: WireTask) => [task.status, task.documentId, task.duplicateOf, task.duplicateInTrash];

describe('a task of 2.x (API 9, §7)', () => {
  const v = '2.20.15';
  it('goes through pending and started to success, its document a number in a string', async () => {
    assert.deepEqual(brief(await taskOf('2 task pending', v)), ['pending', null, null, undefined]);
    assert.deepEqual(brief(await taskOf('2 task started', v)), ['started', null, null, undefined]);
    const done = await taskOf('2 task success', v);
    assert.deepEqual(brief(done), ['success', 48, null, undefined]);
    assert.deepEqual([done.fileName, done.message, done.acknowledged, done.id], ['slow-0.png', null, false, 60]);
    assert.match(done.done!, /^2026-11-21T/);
  });

  it('tells why it failed', async () => {
    assert.match((await taskOf('2 task failure', v)).message!, /InputFileError/);
    assert.match((await taskOf('2 task locked', v)).message!, /database is locked/);
  });

  it('refused as a duplicate names the twin, also the one in the trash that related_document leaves out (§6)', async () => {
    assert.deepEqual(brief(await taskOf('2 task duplicate', v)), ['failure', null, 42, false]);
    assert.deepEqual(brief(await taskOf('2 task duplicate in trash', v)), ['failure', null, 43, true]);
  });

  it("finds the twin's number whatever the twin's title says", async () => {
    const answer = real('2 task duplicate');
    rowsOf(answer)[0]!['result'] = 'a.pdf: Not consuming a.pdf: It is a duplicate of It is a duplicate of x (#7). Bill (#8) (#42).';
    assert.equal((await taskOf(answer, v)).duplicateOf, 42);
  });

  it('that split at barcodes succeeded without a document (§5)', async () => {
    const task = await taskOf('2 task barcode split', v);
    assert.deepEqual(brief(task), ['success', null, null, undefined]);
    assert.equal(task.message, 'Barcode splitting complete!');
  });

  it("isn't over while its failure's text is still a traceback object (§7)", async () => {
    const answer = real('2 task failure');
    rowsOf(answer)[0]!['result'] = '<traceback object at 0x7f00>';
    assert.equal((await taskOf(answer, v)).status, 'started');
  });
});

describe('a task of 3.x', () => {
  const v = '3.0.5';
  it('goes from pending to success, showing the title given at upload (API 10, §7)', async () => {
    const pending = await taskOf('3 task pending', v);
    assert.deepEqual(brief(pending), ['pending', null, null, undefined]);
    assert.equal(pending.overridesTitle, 'Slow 0');
    assert.deepEqual(brief(await taskOf('3 task success', v)), ['success', 97, null, undefined]);
  });

  it('may stay started for ever, without a document (§14)', async () => {
    assert.deepEqual(brief(await taskOf('3 task stuck', v)), ['started', null, null, undefined]);
  });

  it('tells why it failed, cut to 1,000 characters', async () => {
    assert.match((await taskOf('3 task failure', v)).message!, /InputFileError/);
    const answer = real('3 task failure');
    (rowsOf(answer)[0]!['result_data'] as Row)['error_message'] = 'x'.repeat(5000);
    assert.equal((await taskOf(answer, v)).message!.length, 1000);
  });

  it('refused as a duplicate names the twin as such: related_document_ids is no document that was made (§6)', async () => {
    const twin = await taskOf('3 task duplicate', v);
    assert.deepEqual(brief(twin), ['failure', null, 6, false]);
    assert.match(twin.message!, /#6/);
    assert.deepEqual(brief(await taskOf('3 task duplicate in trash', v)), ['failure', null, 7, true]);
  });

  it('that split at barcodes succeeded without a document (§5)', async () => {
    const task = await taskOf('3 task barcode split', v);
    assert.deepEqual([task.status, task.documentId, task.message], ['success', null, 'Barcode splitting complete!']);
  });

  it("of a version tells the version's row, not its root (§7)", async () => {
    assert.equal((await taskOf('3 task of a version', v)).documentId, 133);
  });
});

describe('looking at tasks', () => {
  const success = () => rowsOf(real('3 task success'))[0]!;

  it('asks by one id: API 9 answers every task ever without one (§18.6), and a list of ids finds nothing', async () => {
    const transport = scripted([real('3 task none')]);
    const writer = createWriter(address, transport, { version: '3.0.5' });
    assert.equal(await writer.task('b1c4'), null);
    assert.equal(transport.requests[0]!.path, '/api/tasks/?task_id=b1c4');
    await assert.rejects(writer.task(''), TypeError);
  });

  it("takes no other task for it when the filter isn't heeded", async () => {
    const writer = createWriter(address, scripted([page([success()])]), { version: '3.0.5' });
    assert.equal(await writer.task('another'), null);
  });

  it('takes open consume tasks in one page from 3.x, and all of them from 2.x, which knows no pages', async () => {
    const other = { ...success(), id: 5, task_type: 'bulk_update' };
    const three = scripted([page([success(), other])]);
    assert.equal((await createWriter(address, three, { version: '3.0.5' }).openTasks(100)).length, 1);
    assert.deepEqual(
      [...three.requests[0]!.query],
      [
        ['acknowledged', 'false'],
        ['task_type', 'consume_file'],
        ['page', '1'],
        ['page_size', '100'],
      ],
    );
    const row = rowsOf(real('2 task success'))[0]!;
    const two = scripted([json([row, { ...row, id: 61 }, { ...row, id: 62 }])]);
    assert.equal((await createWriter(address, two, { version: '2.20.15' }).openTasks(2)).length, 2);
    assert.deepEqual(
      [...two.requests[0]!.query],
      [
        ['acknowledged', 'false'],
        ['task_name', 'consume_file'],
      ],
    );
  });

  it('acknowledges by integer keys; to say it twice is the same, so it may be repeated', async () => {
    const transport = scripted([json({ result: 2 })]);
    const writer = createWriter(address, transport, { version: '3.0.5' });
    await writer.acknowledgeTasks([]);
    await writer.acknowledgeTasks([65, 66]);
    assert.equal(transport.requests.length, 1);
    assert.deepEqual(transport.requests[0]!.sent, { tasks: [65, 66] });
    assert.equal(transport.requests[0]!.repeatable, true);
  });

  it('is told when one unknown key refused them all (§7)', async () => {
    const writer = createWriter(address, scripted([json({ tasks: ["Some tasks in tasks don't exist or were specified twice."] }, 400)]), {
      version: '3.0.5',
    });
    await fails(writer.acknowledgeTasks([1, 999]), 'document', 'refused');
  });
});
