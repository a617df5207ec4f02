import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { generateLibrary } from '../../../simulator/library';
import { ask, virtual } from './helpers';

const sum = (bytes: Uint8Array, algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');

describe('A file on the disk of an instance', () => {
  const library = generateLibrary({ documents: 3, seed: 7 });
  const id = 2;

  for (const [version, algorithm] of [
    ['3.0.5', 'sha256'],
    ['2.20.15', 'md5'],
  ] as const) {
    const original = `/api/documents/${id}/download/?original=true`;

    it(`${version}: damaged, has its old size and sum by the database and others by its bytes`, async () => {
      const { instance } = virtual({ version });
      instance.seed(library);
      const before = await ask(instance, 'GET', original);
      instance.disk.harm(id, 'damaged');
      const after = await ask(instance, 'GET', original);
      assert.deepEqual([after.status, after.bytes.length], [200, before.bytes.length]);
      assert.notEqual(sum(after.bytes, algorithm), sum(before.bytes, algorithm));
      const said = (await ask(instance, 'GET', `/api/documents/${id}/metadata/`)).json<{ original_checksum: string; original_size: number }>();
      assert.deepEqual([said.original_checksum, said.original_size], [sum(before.bytes, algorithm), before.bytes.length]);
      assert.deepEqual(instance.disk.asked, { damaged: 1, missing: 0, locked: 0 });
      instance.disk.mend(id);
      assert.ok((await ask(instance, 'GET', original)).bytes.equals(before.bytes));
    });

    it(`${version}: missing, is answered 404, and 500 where the server may not read it; the document stays`, async () => {
      const { instance } = virtual({ version });
      instance.seed(library);
      instance.disk.harm(id, 'missing');
      const got = await ask(instance, 'GET', original);
      assert.deepEqual([got.status, got.json()], [404, { detail: 'Not found.' }]);
      assert.equal((await ask(instance, 'GET', `/api/documents/${id}/metadata/`)).json<{ original_size: null }>().original_size, null);
      assert.equal((await ask(instance, 'GET', `/api/documents/${id}/`)).status, 200);
      instance.disk.harm(id, 'locked');
      assert.equal((await ask(instance, 'GET', original)).status, 500);
      assert.deepEqual(instance.disk.asked, { damaged: 0, missing: 1, locked: 1 });
    });
  }

  it('is that nothing names can not be harmed', () => {
    const { instance } = virtual();
    instance.seed(library);
    assert.throws(() => instance.disk.harm(99, 'damaged'), /no document 99/u);
  });
});
