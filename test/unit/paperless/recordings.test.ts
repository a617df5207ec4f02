import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { capabilitiesOf } from '../../../src/paperless/capabilities';
import { parseWire } from '../../../src/paperless/parse';
import * as shapes from '../../../src/paperless/schemas';
import { v10TaskSchema, v9TaskSchema } from '../../../src/paperless/task-schemas';

/** Where the exchanges of real servers are kept; without them there is nothing to hold the schemas to. */
const folder = join(__dirname, '../../../../test/contract/recordings');

interface Exchange {
  request: { method: string; path: string; headers: Record<string, string> } | null;
  response: { status: number; json?: unknown } | null;
}

type Row = Record<string, unknown>;
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The rows of a page or a list (cut ones end in a text), or the object alone. */
function rowsOf(body: unknown): Row[] {
  const rows = Array.isArray(body) ? body : isRow(body) && Array.isArray(body['results']) ? body['results'] : [body];
  return rows.filter(isRow);
}

/** Which schema reads what this path answers; null for what the client never asks. */
function schemaFor(version: string, request: NonNullable<Exchange['request']>, row: Row): [kind: string, schema: z.ZodType] | null {
  const capabilities = capabilitiesOf(version);
  const path = (request.path.split('?')[0] ?? '').replace(/\/\d+\//, '/{id}/');
  const asked = /version=(\d+)/.exec(request.headers['accept'] ?? '')?.[1];
  switch (path) {
    case '/api/documents/':
    case '/api/documents/{id}/':
      // Pruned by `fields`, or asked for without permissions: not what the client asks for.
      return 'content' in row && 'permissions' in row ? ['documents', shapes.documentWithContentSchema(capabilities)] : null;
    case '/api/trash/':
      return request.method === 'GET' ? ['trash', shapes.trashedSchema(capabilities)] : ['restores', shapes.trashAnswerSchema];
    case '/api/tags/':
    case '/api/tags/{id}/':
      return ['tags', shapes.tagSchema(capabilities)];
    case '/api/correspondents/':
    case '/api/correspondents/{id}/':
    case '/api/document_types/':
    case '/api/document_types/{id}/':
      return ['taxa', shapes.taxonSchema];
    case '/api/storage_paths/':
    case '/api/storage_paths/{id}/':
      return ['storage paths', shapes.storagePathSchema];
    case '/api/custom_fields/':
    case '/api/custom_fields/{id}/':
      return ['custom fields', shapes.customFieldSchema];
    case '/api/users/':
      return ['users', shapes.userSchema];
    case '/api/groups/':
      return ['groups', shapes.groupSchema];
    case '/api/documents/{id}/notes/':
      return 'note' in row ? ['notes', shapes.noteSchema] : null;
    case '/api/documents/{id}/metadata/':
      return ['metadata', shapes.metadataSchema];
    case '/api/statistics/':
      return ['statistics', shapes.statisticsSchema];
    case '/api/ui_settings/':
      return request.method === 'GET' ? ['identities', shapes.uiSettingsSchema] : null;
    case '/api/tasks/':
      return asked === '10' ? ['tasks of API 10', v10TaskSchema] : ['tasks of API 9', v9TaskSchema];
    case '/api/tasks/acknowledge/':
      return ['acknowledgements', shapes.acknowledgedSchema];
    default:
      return null;
  }
}

describe('the schemas take every recorded answer of real servers', () => {
  for (const version of ['2.20.15', '3.0.5'])
    it(version, function () {
      if (!existsSync(folder)) this.skip();
      const read: Record<string, number> = {};
      for (const name of readdirSync(join(folder, version))) {
        const { exchanges } = JSON.parse(readFileSync(join(folder, version, name), 'utf8')) as { exchanges: Exchange[] };
        for (const { request, response } of exchanges) {
          if (request === null || response === null || response.status >= 300 || !('json' in response)) continue;
          for (const row of rowsOf(response.json)) {
            const found = schemaFor(version, request, row);
            if (found === null) continue;
            assert.doesNotThrow(() => parseWire(row, found[1]), `${version}/${name}: ${request.method} ${request.path}`);
            read[found[0]] = (read[found[0]] ?? 0) + 1;
          }
        }
      }
      const kinds = ['documents', 'trash', 'tags', 'taxa', 'storage paths', 'custom fields', 'users', 'groups', 'notes', 'metadata', 'statistics'];
      for (const kind of [...kinds, 'identities', 'tasks of API 9', 'acknowledgements', 'restores'])
        assert.ok((read[kind] ?? 0) > 0, `no recorded ${kind}`);
      if (version === '3.0.5') assert.ok((read['tasks of API 10'] ?? 0) > 50);
      assert.ok(Object.values(read).reduce((a, b) => a + b) > 200);
    });
});
