import type { Comparison, Listed } from '../api';
import { table } from './output';

const PROOFS: Readonly<Record<Comparison['files']['proven_by'], string>> = {
  checksums: 'by the checksums that both servers list',
  lookups: 'by reading those of the 3.x side and asking the 2.x side for their MD5',
  downloads: 'by reading all of them on both sides',
};

/** A comparison for people. */
export function describeComparison(name: string, comparison: Comparison): string {
  const { master, replica, pairs, files } = comparison;
  const proof = `Files were proven ${PROOFS[files.proven_by]}: ${files.bytes_read.master} bytes of the master's and ${files.bytes_read.replica} of the replica's were read.\n`;
  return [
    `Master ${master.url} (${master.version}): ${master.documents} documents. Replica "${name}" ${replica.url} (${replica.version}): ${replica.documents}.\n`,
    `${pairs.total} pairs: ${pairs.by_map} by the map, ${pairs.by_checksum} by checksum, ${pairs.by_title} by title and date.\n`,
    proof,
    '\n',
    fields(comparison),
    '\n',
    collections(comparison),
    '\n',
    ...reasons(comparison),
    ...lists(comparison),
    verdict(comparison),
  ].join('');
}

function fields({ fields: rows }: Comparison): string {
  const used = rows.filter((row) => row.compared > 0);
  const lines = [
    table(
      ['FIELD', 'COMPARED', 'EQUAL', 'DIFFERENT', 'LIMITED'],
      used.map((row) => [row.field, ...[row.compared, row.equal, row.different, row.limited].map(String)]),
    ),
  ];
  for (const row of used) {
    for (const e of row.examples) {
      const why = e.outcome === 'limited' ? `limited (${e.reasons.join(', ')})` : 'different';
      lines.push(
        `  ${row.field}, ${e.master_id} → ${e.replica_id ?? 'none'}, ${why}:\n    master:  ${line(e.master)}\n    replica: ${line(e.replica)}\n`,
      );
    }
  }
  return lines.join('');
}

function collections({ collections: rows }: Comparison): string {
  const lines = [
    table(
      ['COLLECTION', 'COMPARED', 'EQUAL', 'DIFFERENT', 'MISSING', 'LIMITED', 'REPLICA ONLY'],
      rows.map((c) => [c.collection, ...[c.compared, c.equal, c.different, c.missing, c.limited, c.replica_only].map(String)]),
    ),
  ];
  for (const { collection, examples } of rows) {
    for (const e of examples) {
      const why = e.reason === undefined ? '' : `, limited (${e.reason})`;
      lines.push(`  ${collection}, "${line(e.name)}", ${e.attribute}${why}: ${line(e.master)} on the master, ${line(e.replica)} on the replica\n`);
    }
  }
  return lines.join('');
}

function reasons({ limited }: Comparison): string[] {
  return Object.entries(limited).map(([reason, count]) => `${count} limited: ${reason}\n`);
}

function lists(comparison: Comparison): string[] {
  const { missing, doubled, left_over: leftOver, unmapped, vanished } = comparison;
  return [
    list('missing on the replica', missing),
    list('doubled on the replica', doubled),
    list(`copies of documents that the master has no more${leftOver.kept_by_policy ? ' (kept by policy)' : ''}`, leftOver),
    list("of the replica's own, which is no fault", unmapped),
    vanished === 0 ? '' : `${vanished} left the master while it was compared.\n`,
  ];
}

function list(what: string, { count, examples }: Listed): string {
  if (count === 0) return '';
  const shown = examples.map((e) => `  ${e.id} "${line(e.title)}"${e.because === undefined ? '' : `: ${e.because}`}\n`);
  return `${count} ${what}:\n${shown.join('')}${count > examples.length ? '  …\n' : ''}`;
}

function verdict({ equal, documents, missing, doubled, collections: rows }: Comparison): string {
  const numbers = `${documents.compared} documents: ${documents.equal} equal, ${documents.limited} limited`;
  if (equal) return `Equal. ${numbers}.\n`;
  const faulty = rows.filter((c) => c.different + c.missing > 0).map((c) => c.collection);
  const more = faulty.length === 0 ? '' : ` In collections: ${faulty.join(', ')}.`;
  return `Not equal. ${numbers}, ${documents.different - missing.count} different, ${missing.count} missing, ${doubled.count} doubled.${more}\n`;
}

/** One line, whatever a text holds: no control character of a document's reaches the terminal. */
function line(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
