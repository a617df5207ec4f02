import assert from 'node:assert/strict';
import { addReplica, store } from './support';

const tag = (id: number, name = `tag ${id}`, data = '{}'): { id: number; name: string; data: string } => ({ id, name, data });

describe("The master's collections", () => {
  it('are replaced as a whole, and say whether anything differed', () => {
    const { entities } = store();
    assert.equal(entities.recordMaster('tag', []), false);
    assert.equal(entities.recordMaster('tag', [tag(2), tag(1)]), true);
    assert.equal(entities.recordMaster('tag', [tag(1), tag(2)]), false, 'the order is nothing');
    assert.deepEqual(entities.master('tag'), [{ kind: 'tag', ...tag(1) }, { kind: 'tag', ...tag(2) }]); // prettier-ignore
    for (const next of [[tag(1, 'renamed'), tag(2)], [tag(1, 'renamed'), tag(2, 'tag 2', '{"color":"#fff"}')], [tag(2)], [tag(2), tag(3)]]) {
      assert.equal(entities.recordMaster('tag', next), true);
      assert.deepEqual(entities.master('tag'), next.map((entity) => ({ kind: 'tag', ...entity }))); // prettier-ignore
      assert.equal(entities.recordMaster('tag', next), false);
    }
  });

  it('are apart by kind', () => {
    const { entities } = store();
    entities.recordMaster('tag', [tag(1)]);
    entities.recordMaster('correspondent', [tag(1, 'Ann')]);
    entities.recordMaster('tag', []);
    assert.equal(entities.masterById('tag', 1), null);
    assert.equal(entities.masterById('correspondent', 1)?.name, 'Ann');
  });
});

describe('Entity maps', () => {
  it('hold the intent of a create, then its outcome, then its renames', () => {
    const s = store();
    const replicaId = addReplica(s).id;
    const map = { replicaId, kind: 'tag' as const, masterId: 5, replicaEntityId: null, name: 'Finance', data: '{}' };
    s.entities.setMap(map);
    assert.deepEqual(s.entities.maps(replicaId, 'tag'), [map]);
    s.entities.setMap({ ...map, replicaEntityId: 8 });
    s.entities.setMap({ ...map, replicaEntityId: 8, name: 'Money', data: '{"a":1}' });
    assert.deepEqual(s.entities.maps(replicaId, 'tag'), [{ ...map, replicaEntityId: 8, name: 'Money', data: '{"a":1}' }]);
    assert.deepEqual(s.entities.maps(replicaId, 'customField'), []);
    s.entities.removeMap(replicaId, 'tag', 5);
    assert.deepEqual(s.entities.maps(replicaId, 'tag'), []);
  });

  it('may lead two of the master’s to one', () => {
    const s = store();
    const replicaId = addReplica(s).id;
    for (const masterId of [1, 2]) s.entities.setMap({ replicaId, kind: 'tag', masterId, replicaEntityId: 8, name: 'Tax', data: '{}' });
    assert.deepEqual(s.entities.maps(replicaId, 'tag').map((map) => [map.masterId, map.replicaEntityId]), [[1, 8], [2, 8]]); // prettier-ignore
  });
});
