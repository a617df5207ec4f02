// The page docs/fidelity.md, from comparisons.

/** What is copied, in the words of somebody who looks for it, and the fields of a comparison that measure it. */
const ROWS = [
  ['A copy of the document', 'document'],
  ['Original file, byte for byte (newest version, and all of them between 3.x)', 'file'],
  ['Original file name; set only at upload, composed (NFC) by 3.x', 'original_file_name'],
  ['File versions, by position', 'versions'],
  ['Labels of file versions', 'version_labels'],
  ['Text of older file versions', 'version_content'],
  ['Title', 'title'],
  ['Text (OCR content), but for white space around it, which paperless takes off', 'content'],
  ['Date of creation', 'created'],
  ['Correspondent', 'correspondent'],
  ['Document type', 'document_type'],
  ['Storage path', 'storage_path'],
  ['Tags, with those above them in the tree', 'tags'],
  ['Archive serial number', 'archive_serial_number'],
  ['Custom field: text', 'custom_fields.string'],
  ['Custom field: long text', 'custom_fields.longtext'],
  ['Custom field: URL', 'custom_fields.url'],
  ['Custom field: date', 'custom_fields.date'],
  ['Custom field: boolean', 'custom_fields.boolean'],
  ['Custom field: integer', 'custom_fields.integer'],
  ['Custom field: number', 'custom_fields.float'],
  ['Custom field: monetary', 'custom_fields.monetary'],
  ['Custom field: select, with the ids of its options', 'custom_fields.select'],
  ['Custom field: document link, to the copies', 'custom_fields.documentlink'],
  ['Notes: their texts, in order', 'notes'],
  ['Owner, by user name', 'owner'],
  ['Permissions, by user and group name', 'permissions'],
];

const COLLECTIONS = [
  ['Tags: name, parent, colour, owner', 'tags'],
  ['Correspondents: name, owner', 'correspondents'],
  ['Document types: name, owner', 'document_types'],
  ['Storage paths: name, template, owner', 'storage_paths'],
  ['Custom fields: name, type, options, currency', 'custom_fields'],
];

const REASONS = {
  'asn-held-by-another': 'Another document on the replica, or in its trash, has the archive serial number.',
  'created-out-of-range': '3.x answers a date before 1678 or after 2261 with an error, whether or not it keeps it: not relied on.',
  'one-sided-link':
    'A link whose target does not name the document back, as after a cut while it lay in the trash: paperless itself writes both ends. The other links are there.',
  'dangling-link': 'A link to a document that is gone, or that the replica cannot hold: paperless refuses it. The other links are there.',
  'field-type-differs': 'The replica has a custom field of this name with another type.',
  'field-value-refused': 'paperless holds the value and would not take it again.',
  'file-name-kept': 'A document that was on the replica before and was taken up keeps the file name it came with: paperless sets it at upload alone.',
  'file-name-too-long': 'A file name of more than 253 bytes is shortened; its extension stays.',
  'grant-without-counterpart': 'A permission for a user or group whose name the replica does not have is left out.',
  'identical-bytes': '2.x holds the same bytes once: one of such twins is there, the others are not.',
  'older-versions': '2.x has no file versions: the newest file is there.',
  'tag-elsewhere':
    'A tag of the document stands below others on the replica, where tags of one name and several owners are one and stand as the one that everybody sees, or where somebody moved it and that is kept: the document has those above it, too.',
  'owner-without-counterpart': "The owner's name is not on the replica: the document stays with the sync's user, and nobody else sees it.",
};

function row(cells) {
  return `| ${cells.join(' | ')} |\n`;
}

/** `115`, `101, 14 limited`, `105, **10 differ**`; – where there is nothing to compare between the two. */
function cell(count) {
  if (count === undefined || count.compared === 0) return '–';
  const parts = [String(count.equal)];
  if (count.limited > 0) parts.push(`${count.limited} limited`);
  if (count.different > 0) parts.push(`**${count.different} differ**`);
  if (count.missing > 0) parts.push(`**${count.missing} missing**`);
  return parts.join(', ');
}

function table(first, pairs, rows) {
  return row([first, ...pairs.map(({ from, to }) => `${from} → ${to}`)]) + row(['---', ...pairs.map(() => '---')]) + rows.map(row).join('');
}

function fields(pairs) {
  const known = new Set(ROWS.map(([, field]) => field));
  for (const { comparison } of pairs) {
    const unknown = comparison.fields.find(({ field }) => !known.has(field));
    if (unknown !== undefined) throw new Error(`The page has no row for the field ${unknown.field}.`);
  }
  return ROWS.map(([about, name]) => [about, ...pairs.map(({ comparison }) => cell(comparison.fields.find(({ field }) => field === name)))]);
}

function collections(pairs) {
  return COLLECTIONS.map(([about, name]) => [
    about,
    ...pairs.map(({ comparison }) => cell(comparison.collections.find(({ collection }) => collection === name))),
  ]);
}

/** How many of the master's documents or names are limited for each reason, in words for each. */
function reasons(pairs) {
  const limitedNames = ({ comparison }) => comparison.collections.reduce((sum, { limited }) => sum + limited, 0);
  const found = [...new Set(pairs.flatMap(({ comparison }) => Object.keys(comparison.limited)))].sort();
  for (const reason of found) if (REASONS[reason] === undefined) throw new Error(`The page has no words for the reason ${reason}.`);
  return [
    ...found.map((reason) => [`\`${reason}\`: ${REASONS[reason]}`, ...pairs.map(({ comparison }) => String(comparison.limited[reason] ?? '–'))]),
    [
      'Tags and correspondents of an owner whose name is not on the replica: the same rule',
      ...pairs.map((pair) => String(limitedNames(pair) || '–')),
    ],
  ];
}

/** Words for the reasons that no document of the library has. */
function otherReasons(pairs) {
  const found = new Set(pairs.flatMap(({ comparison }) => Object.keys(comparison.limited)));
  const others = Object.keys(REASONS).filter((reason) => !found.has(reason));
  return others
    .sort()
    .map((reason) => `- \`${reason}\`: ${REASONS[reason]}\n`)
    .join('');
}

function information(pairs) {
  const of = (pick) => pairs.map(({ comparison }) => String(pick(comparison.information)));
  return [
    ['An archive file on both sides', ...of(({ archives }) => archives.both)],
    ['Only on the master', ...of(({ archives }) => archives.master_only)],
    ['Only on the replica', ...of(({ archives }) => archives.replica_only)],
    ['On neither', ...of(({ archives }) => archives.neither)],
    ['Another number of pages', ...of((all) => all.page_counts_differ)],
  ];
}

/** `pairs`: `{ from, to, comparison }`, a comparison being what `pngx compare --json` prints. */
export function page({ documents, seed, pairs }) {
  const outcome = pairs.map(({ comparison }) => {
    const { documents: d, missing, doubled } = comparison;
    const faults = [d.different - missing.count, missing.count, doubled.count];
    return `${d.equal} equal, ${d.limited} limited, ${faults[0]} different, ${faults[1]} missing, ${faults[2]} doubled`;
  });
  return `# Fidelity: what is copied, and how well

<!-- Written by npm run fidelity; what is typed here is lost. -->

A library of ${documents} documents (seed ${seed}, some of them in the trash) in which everything that a copy may get wrong stands several times is synced
between simulated servers; then \`pngx compare --bytes\` reads both sides whole. A cell says how many of the master's documents that have the
field are **equal** on the replica, byte for byte or value for value after what paperless itself does to a value; **limited** are those that this version
of paperless cannot hold as they are, by the reasons below, and as near to it as it can. – means that there is nothing to compare between the two.

${table('Documents', pairs, [['All fields together', ...outcome]])}
${table('Of a document', pairs, fields(pairs))}
${table('Of what documents refer to', pairs, collections(pairs))}
## Limited

A limited document is complete in everything else, is told with its reason by \`pngx status\` and \`pngx compare\`, and is not tried again until it changes.

${table('Documents by reason', pairs, reasons(pairs))}
No document of this library is limited for these:

${otherReasons(pairs)}
## By setting

| Setting | Default | What it copies |
| --- | --- | --- |
| \`sync_owners\` | on | owners and permissions of documents |
| \`sync_taxonomy_owners\` | on | owners of tags, correspondents, document types and storage paths |
| \`sync_tag_colors\` | on | colours of tags |
| \`sync_matching\` | off | matching rules: they would alter copies |
| \`sync_inbox_flag\` | off | the inbox flag of tags: it would alter copies |
| \`note_prefix\` | off | author and time of a note, in front of its text |

## Not copied

Archive files, thumbnails and page counts are made by each paperless from the original: no API takes one. Between 2.x and 3.x they differ by rule: 2.x makes
an archive of every PDF, 3.x of those without a text of their own.

${table('Documents', pairs, information(pairs))}
\`added\`, \`modified\`, authors and times of notes, the history of tasks and changes, share links, saved views and passwords are not copied: the API does not let
anybody write them, or not yet.

## Measure it yourself

\`pngx compare --replica NAME\` prints the same for your own servers. It reads only, takes nothing from the sync but the map of pairs, proves each of those
anew, and exits with 1 when anything is missing, doubled or different.
`;
}
