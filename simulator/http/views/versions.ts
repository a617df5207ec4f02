import { bump, effective } from '../../state/documents';
import { isoUtc } from '../../state/times';
import { trashVersion } from '../../state/trash';
import { json, type Handler } from '../context';
import { TextError } from '../errors';
import { checkAll, nullable, text } from '../check';
import { readObject } from '../body';
import { digestOf } from '../../state/documents';
import { demand } from './access';
import { versionRow } from './upload';

export const labelVersion: Handler = async (context) => {
  demand(context, 'change_document');
  const { root, row } = versionRow(context);
  const wanted = checkAll(await readObject(context), { version_label: nullable(text({ max: 64, blank: true })) }, ['version_label']);
  row.versionLabel = wanted.version_label === '' ? null : (wanted.version_label as string | null);
  bump(context.store, root);
  return json({
    id: row.id,
    added: isoUtc(row.added),
    version_label: row.versionLabel,
    checksum: digestOf(context.store, row),
    is_root: row.root === null,
  });
};

export const deleteVersion: Handler = (context) => {
  demand(context, 'delete_document');
  const { root, row } = versionRow(context);
  if (row === root) throw new TextError(400, 'Cannot delete the root/original version. Delete the document instead.');
  trashVersion(context.store, row);
  bump(context.store, root);
  return json({ result: 'OK', current_version_id: effective(context.store, root).id });
};
