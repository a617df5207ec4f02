import type { LibraryCustomField } from '../types.js';

/** Link fields of their own, so that plants on links don't meet: one document has each field once. */
export const linkFields = ['Siehe auch', 'Anlagen', 'Ersetzt durch'] as const;

/** Fields beside the usual ones: names and options that a copy stumbles over. */
export const nastyFields: readonly LibraryCustomField[] = [
  { name: 'Konto "Haupt" / {{ iban }}', dataType: 'string' },
  { name: 'status', dataType: 'longtext' },
  { name: 'Währung & Betrag', dataType: 'monetary', defaultCurrency: 'JPY' },
  {
    name: 'Stufe',
    dataType: 'select',
    options: [
      { id: 'aaaaaaaaaaaaaaaa', label: 'gleich' },
      { id: 'bbbbbbbbbbbbbbbb', label: 'gleich' },
      { id: 'cccccccccccccccc', label: 'dddddddddddddddd' },
      { id: 'dddddddddddddddd', label: 'cccccccccccccccc' },
      { id: 'x', label: '{{ label }} & "Zeichen" 🎚️' },
    ],
  },
];

/** Values at the edges of what each type takes, by the field's name; all of them are what paperless stores, in its words. */
export const edgeValues: Record<string, readonly unknown[]> = {
  Vertragsnummer: ['', ' außen Leerraum ', '{{ title }}', 'x'.repeat(128), '№'.repeat(128), '0012', 'null', '&amp; <b>', 'Zeile 1\nZeile 2', null],
  'Konto "Haupt" / {{ iban }}': ['DE00 0000', '\u202eumgekehrt', '"', "'; --", '🧾'],
  Kundenportal: [
    '',
    'https://example.org/ä?x=%20&y=[1]#z',
    'mailto:jemand@example.org',
    'ftp://[::1]:21/a',
    `https://example.org/${'x'.repeat(170)}`,
    null,
  ],
  'Fällig am': ['1000-01-01', '9999-12-31', '1970-01-01', '2024-02-29', '1678-01-01', null],
  Steuerrelevant: [true, false, null, true, false],
  Zählerstand: [0, -1, 2147483647, -2147483648, 1, null],
  'Verbrauch (m³)': [0.1, 1e-7, 123456789.123456, -0.5, 1e21, 3, 0, null],
  Betrag: ['EUR0.00', 'EUR-0.01', 'JPY1200.00', 'USD9999999999.99', 'CHF12.5', '100', '100.5', '-3.20', '0', '', null],
  'Währung & Betrag': ['12', 'JPY5.0', '9999999999.99', '-1', 'EUR1.10'],
  Stufe: ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc', 'dddddddddddddddd', 'x', null],
  Status: ['r2TgH9lC4jPe8SnU', null, 'Kq3vX9mT2bLw7RzA', 'p8YdN4sJ6hGc1EuV', 'Zf5oW0aQ7iBx3MkD'],
  Bemerkung: ['', ' \n außen \n ', 'Zeile 1\r\nZeile 2\r\n', '漢'.repeat(4000), '{% raw %}', '<script>1</script>', null],
  status: ['x', 'y\n', ' ', '&lt;', 'z'],
};

/** Notes, which paperless stores untrimmed. */
export const oddNotes: readonly (readonly string[])[] = [
  ['', ''],
  ['   '],
  ['gleich', 'gleich', 'gleich'],
  ['\n\nbeginnt mit Leerzeilen\r\nund Windows\r\n'],
  ['{{ correspondent }} {% if %} &amp; <b>'],
  ['x'.repeat(20_000)],
  ['👨‍👩‍👧‍👦 \u202eumgekehrt\u202c \ufeff', '#1', 'null', '[]'],
];

/** Texts whose ends or middles change when somebody is careless: what a PATCH strips, an upload keeps. */
export const oddTexts: readonly ((key: number) => string)[] = [
  (key) => `\n\n   Eingerückt und mit Leerzeilen davor: ${key}\n\n\n   `,
  (key) => `\u00a0\u2003Breite Leerzeichen außen: ${key}\u3000\u0085\n`,
  (key) => `\ufeffEine Marke am Anfang bleibt: ${key}\n`,
  (key) => `{{ title }} {% if %} ${key} &amp; <b>Text</b>\n`,
  (key) => `Seite eins von ${key}\fSeite zwei\fSeite drei\n`,
];

/** As a person or a program PATCHes it. */
export const oddCorrections: readonly ((key: number) => string)[] = [
  (key) => `Zeile\r\nmit Windows-Enden ${key}\r\nund\rallein`,
  (key) => `Trenner\u2028und\u2029Absatz ${key}`,
  (key) => `${'Ein langer Text. '.repeat(12_000)}${key}`,
  () => '',
  (key) => `\u200bunsichtbar am Rand ${key}\ufeff`,
];

/** The first and last day that each major version takes in its index, and days between. */
export const edgeDays: Record<2 | 3, readonly string[]> = {
  3: ['1678-01-01', '2261-12-31', '1899-12-31', '1970-01-01', '2000-02-29'],
  2: ['0999-12-31', '9999-12-31', '1600-02-29', '2262-12-31', '1677-01-01', '1678-01-01', '2261-12-31'],
};

/** Labels of versions; paperless takes 64 characters. */
export const labels: readonly (string | null)[] = [
  'unterschrieben',
  null,
  'v2 & "final" <3',
  '№'.repeat(64),
  'x'.repeat(64),
  '修正版 🖊️',
  '{{ label }}',
];
