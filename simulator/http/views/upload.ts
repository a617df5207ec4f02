/** POST of a new document, or of a new version of one. */
import { isSupported, sniff } from '../../consume/sniff';
import type { Upload } from '../../consume/consume';
import { holds, mayChange } from '../../state/documents';
import type { CustomFieldRow } from '../../state/rows';
import type { Store } from '../../state/store';
import { parseDate, parseIso } from '../../state/times';
import { json, type Context, type Handler } from '../context';
import { ApiError, insufficient, notFound } from '../errors';
import { checkAll, flag, integer, key, Refused, refuse, text, type Check } from '../check';
import { isObject, readJson, type Json } from '../json';
import { readBody } from '../body';
import type { Form, UploadedFile } from '../multipart';
import { demand, idOf } from './access';
import { checkValue } from './custom-values';
import { largestAsn } from './patch-document';

const datetimeFormats = 'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].';

/** A date-time becomes a date in the server's zone. */
function createdCheck(store: Store): Check<string> {
  return (value) => {
    const time = typeof value === 'string' ? parseIso(value, store.zone) : undefined;
    const date = time === undefined && typeof value === 'string' ? parseDate(value) : undefined;
    if (time === undefined && date === undefined) throw refuse(datetimeFormats);
    return date ?? store.zone.date(time ?? 0);
  };
}

/** One key per repeated field. */
function tagsCheck(store: Store): Check<number[]> {
  const one = key((id) => store.tags.has(id));
  return (values) => (values as string[]).map((value) => one(value));
}

/** `[1,2]` or `{"1":"x"}`; of a repeated field the last counts. Values are checked at once. */
function customFieldsCheck(context: Context): Check<[number, unknown][]> {
  const { store } = context;
  return (given) => {
    const values = given as string[];
    const parsed = parse(values.at(-1) ?? '');
    if (typeof parsed === 'number') return customFieldsCheck(context)([`[${parsed}]`]);
    if (Array.isArray(parsed)) {
      const ids = [...new Set(parsed as number[])];
      if (ids.some((id) => !store.customFields.has(id))) throw refuse("Some custom fields don't exist or were specified twice.");
      return ids.map((id) => [id, null]);
    }
    if (!isObject(parsed)) throw refuse('Custom fields must be a list of integers or an object mapping ids to values.');
    return Object.entries(parsed).map(([id, value]) => checkOne(context, id, value));
  };
}

function checkOne(context: Context, id: string, value: unknown): [number, unknown] {
  const field: CustomFieldRow | undefined = context.store.customFields.get(Number(id));
  if (!field) throw refuse(`Custom field with id ${id} does not exist`);
  try {
    return [field.id, checkValue(context, field, value)];
  } catch (error) {
    if (error instanceof Refused && isObject(error.detail)) throw new Refused(error.detail.non_field_errors);
    throw error;
  }
}

function parse(source: string): unknown {
  try {
    return readJson(Buffer.from(source));
  } catch {
    throw refuse('Value must be valid JSON.');
  }
}

function fileCheck(context: Context): Check<UploadedFile> {
  return (value) => {
    if (typeof value === 'string') throw refuse('The submitted data was not a file. Check the encoding type on the form.');
    const upload = value as UploadedFile;
    if (upload.file.size === 0) throw refuse('The submitted file is empty.');
    const type = sniff(upload.head);
    if (!isSupported(type, context.store.profile.major)) throw refuse(`File type ${type} not supported`);
    return upload;
  };
}

/** Form fields as the checks want them: lists where repeats count, nothing where the field was sent empty. */
function formData(form: Form, lists: string[]): Json {
  const data: Json = {};
  for (const [name, values] of Object.entries(form.fields)) {
    const last = values.at(-1) ?? '';
    if (lists.includes(name)) data[name] = values;
    else if (last !== '') data[name] = last;
  }
  const file = form.files.find((candidate) => candidate.field === 'document');
  if (file) data.document = file;
  else if (form.fields.document) data.document = form.fields.document.at(-1);
  return data;
}

async function readUpload(context: Context, checks: Record<string, Check<unknown>>, lists: string[]): Promise<Json> {
  const body = await readBody(context, 'multipart');
  const form = body.kind === 'form' ? body.form : { fields: {}, files: [] };
  try {
    const data = formData(form, lists);
    if (data.document === undefined) data.document = undefined;
    const wanted = checkAll(data, checks);
    return wanted;
  } catch (error) {
    for (const { file } of form.files) file.drop();
    throw error;
  }
}

function required(check: Check<UploadedFile>): Record<string, Check<unknown>> {
  return { document: check };
}

function demandFile(wanted: Json): UploadedFile {
  const file = wanted.document as UploadedFile | undefined;
  if (!file) throw new ApiError(400, { document: ['No file was submitted.'] });
  return file;
}

export const postDocument: Handler = async (context) => {
  const { store, user } = context;
  if (!holds(store, user, 'add_document')) throw insufficient();
  const checks: Record<string, Check<unknown>> = {
    created: createdCheck(store),
    ...required(fileCheck(context)),
    title: text({ blank: false }),
    correspondent: key((id) => store.correspondents.has(id)),
    document_type: key((id) => store.documentTypes.has(id)),
    storage_path: key((id) => store.storagePaths.has(id)),
    tags: tagsCheck(store),
    archive_serial_number: integer(0, largestAsn),
    custom_fields: customFieldsCheck(context),
    from_webui: flag,
  };
  const wanted = await readUpload(context, checks, ['tags', 'custom_fields']);
  const { file, filename, head } = demandFile(wanted);
  const upload: Upload = {
    file,
    filename: store.profile.major === 3 ? filename.normalize('NFC') : filename,
    mimeType: sniff(head),
    owner: user.id,
    ...defined({
      title: wanted.title,
      created: wanted.created,
      correspondent: wanted.correspondent,
      documentType: wanted.document_type,
      storagePath: wanted.storage_path,
      tags: wanted.tags,
      asn: wanted.archive_serial_number,
      customFields: wanted.custom_fields,
      fromWebInterface: wanted.from_webui,
    }),
  };
  return json(context.consumer.submit(upload, overridesOf(upload)).taskId);
};

function defined(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** What a waiting task says of its upload. */
function overridesOf(upload: Upload): Json {
  return defined({
    filename: upload.filename,
    title: upload.title,
    correspondent_id: upload.correspondent,
    document_type_id: upload.documentType,
    tag_ids: upload.tags?.length ? upload.tags : undefined,
    storage_path_id: upload.storagePath,
    created: upload.created,
    asn: upload.asn,
    owner_id: upload.owner,
    custom_fields: upload.customFields && Object.fromEntries(upload.customFields),
    skip_asn_if_exists: false,
  });
}

/** 3.x: the root of the document that a URL names, by its own id or by that of one of its versions. */
function versioned(context: Context) {
  const row = context.store.documents.get(idOf(context));
  const root = row && (context.store.documents.get(row.root) ?? row);
  if (!row || !root || row.deletedAt !== null || root.deletedAt !== null) throw notFound();
  return root;
}

export const updateVersion: Handler = async (context) => {
  demand(context, 'change_document');
  const checks = { ...required(fileCheck(context)), version_label: text({ max: 64, blank: true }) };
  const root = versioned(context);
  if (!mayChange(context.user, root)) throw insufficient();
  const wanted = await readUpload(context, checks, []);
  const { file, filename, head } = demandFile(wanted);
  const label = (wanted.version_label as string | undefined) ?? null;
  const upload: Upload = {
    file,
    filename: filename.normalize('NFC'),
    mimeType: sniff(head),
    owner: context.user.id,
    versionOf: root.id,
    versionLabel: label,
  };
  const overrides = { skip_asn_if_exists: false, ...(label !== null && { version_label: label }), actor_id: context.user.id };
  return json(context.consumer.submit(upload, overrides).taskId);
};

export const rootId: Handler = (context) => json({ root_id: versioned(context).id });

/** A version row of the document that the URL names. */
function versionRow(context: Context) {
  const root = versioned(context);
  const row = context.store.documents.get(idOf(context, 1));
  if (!row || row.deletedAt !== null || (row.id !== root.id && row.root !== root.id)) throw notFound();
  return { root, row };
}

export { versionRow };
