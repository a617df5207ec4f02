import type { Context } from './context';
import type { EntityKind, EntityMapRow, MasterEntityRow } from './rows';
import type { Entities } from './store';

/** The master's tags, correspondents and the like, and which of a replica's they are. */
export function createEntities({ db }: Context): Entities {
  const all = db.prepare<[EntityKind], MasterEntityRow>('SELECT kind, id, name, data FROM master_entities WHERE kind = ? ORDER BY id');
  const one = db.prepare<[EntityKind, number], MasterEntityRow>('SELECT kind, id, name, data FROM master_entities WHERE kind = ? AND id = ?');
  const put = db.prepare<[EntityKind, number, string, string]>(
    `INSERT INTO master_entities (kind, id, name, data) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET name = excluded.name, data = excluded.data WHERE name <> excluded.name OR data <> excluded.data`,
  );
  const drop = db.prepare<[EntityKind, string]>('DELETE FROM master_entities WHERE kind = ? AND id NOT IN (SELECT value FROM json_each(?))');
  const maps = db.prepare<[number, EntityKind], EntityMapRow>(
    `SELECT replica_id AS replicaId, kind, master_id AS masterId, replica_entity_id AS replicaEntityId, name, data
     FROM entity_maps WHERE replica_id = ? AND kind = ? ORDER BY master_id`,
  );
  const setMap = db.prepare<[EntityMapRow]>(
    `INSERT INTO entity_maps (replica_id, kind, master_id, replica_entity_id, name, data)
     VALUES (@replicaId, @kind, @masterId, @replicaEntityId, @name, @data)
     ON CONFLICT DO UPDATE SET replica_entity_id = excluded.replica_entity_id, name = excluded.name, data = excluded.data`,
  );
  const removeMap = db.prepare<[number, EntityKind, number]>('DELETE FROM entity_maps WHERE replica_id = ? AND kind = ? AND master_id = ?');

  return {
    recordMaster: (kind, entities) =>
      db
        .transaction(() => {
          let changes = drop.run(kind, JSON.stringify(entities.map(({ id }) => id))).changes;
          for (const { id, name, data } of entities) changes += put.run(kind, id, name, data).changes;
          return changes > 0;
        })
        .immediate(),
    master: (kind) => all.all(kind),
    masterById: (kind, id) => one.get(kind, id) ?? null,
    maps: (replicaId, kind) => maps.all(replicaId, kind),
    setMap: (map) => void setMap.run(map),
    removeMap: (replicaId, kind, masterId) => void removeMap.run(replicaId, kind, masterId),
  };
}
