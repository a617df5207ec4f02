import type { UploadFields, UploadFile } from './client';
import { PaperlessError } from './errors';
import { fileNameFits, storedFileName } from './file-names';

/** paperless probes `._<name>` beside the file: 255 bytes less those two. */
const longestFileName = 253;
const longestTitle = 127;
const longestLabel = 64;

function cannot(code: string, message: string, nextStep: string): PaperlessError {
  return new PaperlessError({ class: 'document', code, message, nextStep });
}

/** What paperless would take with a 200 and fail later, or store otherwise, is refused before a byte is sent. Throws class `document`. */
export function checkFile(file: UploadFile): void {
  const bytes = Buffer.byteLength(file.fileName, 'utf8');
  if (storedFileName(file.fileName, false).trim() === '')
    throw cannot('file-name-empty', 'The document has no file name.', 'Give it one: paperless refuses an upload without.');
  // Accepted by the POST, failed by the task (§5, §18.8).
  if (bytes > longestFileName || !fileNameFits(file.fileName))
    throw cannot(
      'file-name-too-long',
      `The file name has ${bytes} bytes; paperless can't store more than ${longestFileName}.`,
      'A copy under this name is impossible: shorten the original name on the master by uploading it anew, or accept that it is left out.',
    );
}

/** A title is a template to paperless: an open bracket of Jinja's fails the whole consumption, and what is beyond 127 characters is cut (§5). */
export function checkUploadFields(fields: UploadFields): void {
  if (/\{[{%#]/.test(fields.title))
    throw cannot(
      'title-template',
      'The title given at upload has {{, {% or {#, which paperless would run as a template.',
      'Send a title without them; the real one follows by PATCH.',
    );
  if (Array.from(fields.title).length > longestTitle)
    throw cannot('title-too-long', `The title given at upload is longer than ${longestTitle} characters.`, 'Cut it; the real one follows by PATCH.');
  if (fields.title.trim() === '') throw cannot('title-empty', 'The title given at upload is blank.', 'Send one; the real one follows by PATCH.');
  if (fields.created !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(fields.created))
    // A time of day would be moved to the server's zone and change the day.
    throw cannot('created-not-a-date', `"${fields.created.slice(0, 40)}" is no plain date.`, 'Send created as YYYY-MM-DD.');
}

export function checkLabel(label: string | null): void {
  if (label !== null && Array.from(label).length > longestLabel)
    throw cannot('label-too-long', `The version label is longer than ${longestLabel} characters.`, 'Cut it before it is sent.');
}
