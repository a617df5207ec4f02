import { strict as assert } from 'node:assert';
import { ask, form, multipartType, upload, virtual } from './helpers';
import type { Instance } from '../../../simulator/instance';

interface Task {
  task_id: string;
  status: string;
  date_started: string | null;
  result_data: { document_id?: number } | null;
}

async function statuses(instance: Instance): Promise<string[]> {
  const page = (await ask(instance, 'GET', '/api/tasks/?page_size=100')).json<{ results: Task[] }>();
  return page.results.map((task) => task.status).reverse();
}

describe('the consumption queue under a virtual clock', () => {
  it('keeps as many files at work as it has workers, each for its time', async () => {
    const { environment, instance } = virtual({ workers: 2, delay: 1000 });
    for (const name of ['a.txt', 'b.txt', 'c.txt']) await upload(instance, name, name);
    assert.deepEqual(await statuses(instance), ['pending', 'pending', 'pending']);
    await environment.advance(1);
    assert.deepEqual(await statuses(instance), ['started', 'started', 'pending']);
    await environment.advance(1000);
    assert.deepEqual(await statuses(instance), ['success', 'success', 'started']);
    await environment.advance(1000);
    assert.deepEqual(await statuses(instance), ['success', 'success', 'success']);
    assert.ok(environment.idle);
  });

  it('stands still while paused', async () => {
    const { environment, instance } = virtual();
    instance.consumer.queue.pause();
    await upload(instance, 'a.txt', 'text');
    await environment.advance(60_000);
    assert.deepEqual(await statuses(instance), ['pending']);
    instance.consumer.queue.resume();
    await environment.advance(1);
    assert.deepEqual(await statuses(instance), ['success']);
  });

  it('moves modified of a bulk edit only behind the files that wait', async () => {
    const { environment, instance } = virtual({ delay: 5000 });
    await upload(instance, 'a.txt', 'first');
    await environment.advance(Infinity);
    const look = async () => (await ask(instance, 'GET', '/api/documents/1/?fields=modified,tags')).json<{ modified: string; tags: number[] }>();
    const before = await look();
    await ask(instance, 'POST', '/api/tags/', { name: 'late' });
    await upload(instance, 'b.txt', 'second');
    await ask(instance, 'POST', '/api/documents/bulk_edit/', { documents: [1], method: 'add_tag', parameters: { tag: 1 } });
    await environment.advance(4000);
    assert.deepEqual(await look(), { modified: before.modified, tags: [1] });
    await environment.advance(2000);
    assert.notEqual((await look()).modified, before.modified);
  });

  it('fails a version whose document went to the trash while it waited', async () => {
    const { environment, instance } = virtual({ delay: 1000 });
    await upload(instance, 'a.txt', 'first');
    await environment.advance(Infinity);
    const sent = await ask(instance, 'POST', '/api/documents/1/update_version/', form('b.txt', 'second'), { 'content-type': multipartType });
    assert.equal(sent.status, 200);
    await ask(instance, 'DELETE', '/api/documents/1/');
    await environment.advance(Infinity);
    assert.deepEqual(await statuses(instance), ['success', 'failure']);
    assert.deepEqual((await ask(instance, 'GET', '/api/documents/')).json<{ count: number }>().count, 0);
  });

  it('lets both of two identical uploads pass the first look on 2.x, and fails the later on the constraint', async () => {
    const { environment, instance } = virtual({ version: '2.20.15', workers: 2, delay: 1000 });
    for (const name of ['a.txt', 'b.txt']) await upload(instance, name, 'the same');
    await environment.advance(Infinity);
    const tasks = (await ask(instance, 'GET', '/api/tasks/')).json<{ status: string; result: string }[]>().reverse();
    assert.deepEqual(
      tasks.map((task) => task.status),
      ['SUCCESS', 'FAILURE'],
    );
    assert.equal(
      tasks[1]?.result,
      'b.txt: The following error occurred while storing document b.txt after parsing: UNIQUE constraint failed: documents_document.checksum',
    );
    await upload(instance, 'c.txt', 'the same');
    await environment.advance(Infinity);
    const [newest] = (await ask(instance, 'GET', '/api/tasks/')).json<{ result: string }[]>();
    assert.equal(newest?.result, 'c.txt: Not consuming c.txt: It is a duplicate of a (#1).');
  });

  it('gives the same ids, times and answers on every run', async () => {
    const run = async () => {
      const { environment, instance } = virtual({ delay: 700 });
      const task = await upload(instance, 'a.txt', 'text', { title: 'Same' });
      await environment.advance(Infinity);
      return [task, (await ask(instance, 'GET', '/api/documents/1/')).bytes.toString(), (await ask(instance, 'GET', '/api/tasks/')).bytes.toString()];
    };
    assert.deepEqual(await run(), await run());
  });
});
