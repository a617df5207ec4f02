/** Which view answers which URL. Patterns are anchored at the start; those of some plain views match longer URLs too, as the server's do. */
import type { Handler, Method } from './context';
import * as bulk from './views/bulk';
import * as config from './views/config';
import * as fields from './views/custom-fields';
import * as documents from './views/documents';
import * as files from './views/files';
import * as identity from './views/identity';
import { mailAccounts, mailRules } from './views/mail';
import * as notes from './views/notes';
import { correspondents, documentTypes, storagePaths } from './views/simple-taxonomies';
import { tags } from './views/tags';
import * as tasks from './views/tasks';
import * as trash from './views/trash';
import * as upload from './views/upload';
import * as users from './views/users';
import * as versions from './views/versions';
import * as workflows from './views/workflows';

export interface Route {
  pattern: RegExp;
  methods: Partial<Record<Method, Handler>>;
  /** What OPTIONS calls the view. */
  name?: string;
  /** Anyone may ask, and nobody is told the server's version. */
  open?: boolean;
  /** A plain login view: only one renderer, so the answer doesn't vary by Accept. */
  plain?: boolean;
  /** Log-ins, of which 3.x lets only some pass. */
  throttled?: boolean;
  /** Methods that the server offers by mistake: they break instead of being refused. */
  hidden?: Method[];
  only?: 2 | 3;
}

const id = '([^/.]+)';

function exact(path: string): RegExp {
  return new RegExp(`^/api/${path.replaceAll('{id}', id)}/$`);
}

function prefix(path: string): RegExp {
  return new RegExp(`^/api/${path}/`);
}

function crud(path: string, name: string, views: { list: Route['methods']; detail: Route['methods'] }): Route[] {
  return [
    { pattern: exact(path), methods: views.list, name: `${name} List` },
    { pattern: exact(`${path}/{id}`), methods: views.detail },
  ];
}

export const routes: Route[] = [
  { pattern: exact('documents/post_document'), methods: { POST: upload.postDocument } },
  { pattern: exact('documents/bulk_edit'), methods: { POST: bulk.bulkEdit } },
  { pattern: exact('documents/delete'), methods: { POST: bulk.bulkEnding('delete') }, only: 3 },
  { pattern: exact('documents/reprocess'), methods: { POST: bulk.bulkEnding('reprocess') }, only: 3 },
  { pattern: exact('documents/rotate'), methods: { POST: bulk.bulkEnding('rotate') }, only: 3 },
  { pattern: exact('documents/next_asn'), methods: { GET: documents.nextSerialNumber } },
  { pattern: exact('documents'), methods: { GET: documents.listDocuments }, name: 'Unified Search List' },
  {
    pattern: exact('documents/{id}'),
    methods: { GET: documents.getDocument, PUT: documents.replaceDocument, PATCH: documents.updateDocument, DELETE: documents.deleteDocument },
  },
  { pattern: exact('documents/{id}/download'), methods: { GET: files.download } },
  { pattern: exact('documents/{id}/preview'), methods: { GET: files.preview } },
  { pattern: exact('documents/{id}/thumb'), methods: { GET: files.thumb } },
  { pattern: exact('documents/{id}/metadata'), methods: { GET: files.metadata } },
  {
    pattern: exact('documents/{id}/notes'),
    methods: { GET: notes.listNotes, POST: notes.addNote, PUT: notes.brokenNote, PATCH: notes.brokenNote, DELETE: notes.deleteNote },
    hidden: ['PUT', 'PATCH'],
  },
  { pattern: exact('documents/{id}/suggestions'), methods: { GET: files.suggestions } },
  { pattern: exact('documents/{id}/history'), methods: { GET: files.noneOf } },
  { pattern: exact('documents/{id}/share_links'), methods: { GET: files.noneOf } },
  { pattern: exact('documents/{id}/root'), methods: { GET: upload.rootId }, only: 3 },
  { pattern: exact('documents/{id}/update_version'), methods: { POST: upload.updateVersion }, only: 3 },
  { pattern: exact('documents/{id}/versions/{id}'), methods: { PATCH: versions.labelVersion, DELETE: versions.deleteVersion }, only: 3 },
  ...crud('tags', 'Tag', tags),
  ...crud('correspondents', 'Correspondent', correspondents),
  ...crud('document_types', 'Document Type', documentTypes),
  ...crud('storage_paths', 'Storage Path', storagePaths),
  { pattern: exact('custom_fields'), methods: { GET: fields.listFields, POST: fields.createField } },
  {
    pattern: exact('custom_fields/{id}'),
    methods: { GET: fields.getField, PUT: fields.replaceField, PATCH: fields.updateField, DELETE: fields.deleteField },
  },
  { pattern: exact('tasks'), methods: { GET: tasks.listTasks } },
  { pattern: exact('tasks/acknowledge'), methods: { POST: tasks.acknowledgeTasks } },
  { pattern: exact('tasks/active'), methods: { GET: tasks.activeTasks }, only: 3 },
  { pattern: exact('tasks/summary'), methods: { GET: tasks.summarizeTasks }, only: 3 },
  { pattern: exact('tasks/status_counts'), methods: { GET: tasks.countTasks }, only: 3 },
  { pattern: exact('tasks/{id}'), methods: { GET: tasks.getTask } },
  { pattern: prefix('trash'), methods: { GET: trash.listTrash, POST: trash.changeTrash } },
  { pattern: prefix('bulk_edit_objects'), methods: { POST: bulk.bulkEditObjects } },
  { pattern: exact('users'), methods: { GET: users.listUsers, POST: users.createUser } },
  { pattern: exact('users/{id}'), methods: { GET: users.getUser, PUT: users.updateUser, PATCH: users.updateUser, DELETE: users.deleteUser } },
  { pattern: exact('groups'), methods: { GET: users.listGroups, POST: users.createGroup } },
  { pattern: exact('groups/{id}'), methods: { GET: users.getGroup, PUT: users.updateGroup, PATCH: users.updateGroup, DELETE: users.deleteGroup } },
  { pattern: exact('workflows'), methods: { GET: workflows.listWorkflows, POST: workflows.createWorkflow } },
  {
    pattern: exact('workflows/{id}'),
    methods: { GET: workflows.getWorkflow, PUT: workflows.updateWorkflow, PATCH: workflows.updateWorkflow, DELETE: workflows.deleteWorkflow },
  },
  ...crud('mail_rules', 'Mail Rule', mailRules),
  { pattern: exact('saved_views'), methods: { GET: identity.nothing('view_savedview'), POST: identity.nothing('add_savedview') } },
  ...crud('mail_accounts', 'Mail Account', mailAccounts),
  { pattern: exact('config'), methods: { GET: config.listConfig, POST: config.anotherConfig } },
  {
    pattern: exact('config/{id}'),
    methods: { GET: config.getConfig, PUT: config.updateConfig, PATCH: config.updateConfig, DELETE: config.deleteConfig },
  },
  { pattern: prefix('ui_settings'), methods: { GET: identity.uiSettings, POST: identity.uiSettings } },
  { pattern: prefix('statistics'), methods: { GET: identity.statistics } },
  { pattern: prefix('status'), methods: { GET: identity.status } },
  { pattern: prefix('profile/generate_auth_token'), methods: { POST: identity.newToken } },
  { pattern: prefix('profile'), methods: { GET: identity.profile, PATCH: identity.profile } },
  { pattern: prefix('remote_version'), methods: { GET: identity.remoteVersion }, open: true },
  { pattern: prefix('token'), methods: { POST: identity.token }, open: true, plain: true, throttled: true },
];

const order: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The Allow header of a route. */
export function allowed(route: Route): string {
  const offered = order.filter((method) => route.methods[method] && !route.hidden?.includes(method)) as string[];
  return [...offered, ...(route.methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}
