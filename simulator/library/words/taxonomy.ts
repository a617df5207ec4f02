import type { LibraryCustomField, LibraryTag, LibraryTaxon, LibraryUser } from '../types.js';
import type { Kind, Language } from './languages.js';

/** Made-up names: none of them is meant to be a real company or office. */
export const correspondents: readonly { name: string; language: Language; kinds: readonly Kind[]; match?: string }[] = [
  { name: 'Stadtwerke Lindenthal', language: 'de', kinds: ['invoice', 'contract', 'letter'], match: 'Stadtwerke Lindenthal' },
  { name: 'Finanzamt Köpenick-Süd', language: 'de', kinds: ['tax', 'letter'] },
  { name: 'Müller & Söhne GmbH', language: 'de', kinds: ['invoice', 'contract'] },
  { name: 'Sparkasse Niederrhein-Ost', language: 'de', kinds: ['statement', 'letter', 'contract'] },
  { name: 'Hausverwaltung Groß & Öztürk', language: 'de', kinds: ['letter', 'contract', 'invoice'] },
  { name: 'Deutsche Allgemeine Versicherung a. G.', language: 'de', kinds: ['insurance', 'letter', 'invoice'] },
  { name: 'Zahnarztpraxis Dr. Jürgen Weiß', language: 'de', kinds: ['invoice', 'receipt'] },
  { name: 'Grundschule am Weißen Stein', language: 'de', kinds: ['letter', 'certificate'] },
  { name: 'Bürgeramt Tempelhof', language: 'de', kinds: ['certificate', 'letter'] },
  { name: 'Baumarkt „Hammer & Säge“', language: 'de', kinds: ['receipt', 'invoice'] },
  { name: 'Northwind Energy plc', language: 'en', kinds: ['invoice', 'contract', 'letter'] },
  { name: 'O’Sullivan, Pratt & Daughters LLP', language: 'en', kinds: ['contract', 'letter', 'invoice'] },
  { name: 'Harbour City Council', language: 'en', kinds: ['tax', 'letter', 'certificate'] },
  { name: 'Bytewright Hosting', language: 'en', kinds: ['invoice', 'receipt'], match: 'Bytewright' },
  { name: 'Électricité de la Côte', language: 'fr', kinds: ['invoice', 'contract'] },
  { name: 'Mairie de Saint-Étienne-des-Prés', language: 'fr', kinds: ['certificate', 'letter', 'tax'] },
  { name: 'Boulangerie L’Épi d’Or', language: 'fr', kinds: ['receipt', 'invoice'] },
  { name: 'Seguros La Cigüeña S.A.', language: 'es', kinds: ['insurance', 'letter'] },
  { name: 'Ayuntamiento de Peñíscola del Río', language: 'es', kinds: ['tax', 'certificate'] },
  { name: 'Trattoria da Niccolò', language: 'it', kinds: ['receipt'] },
  { name: 'Åkeri & Spedition Örnsköld AB', language: 'sv', kinds: ['invoice', 'letter'] },
  { name: 'Księgarnia Żółta Łódź', language: 'pl', kinds: ['receipt', 'invoice'] },
  { name: 'Pojišťovna Říční Údolí', language: 'cs', kinds: ['insurance', 'contract'] },
  { name: 'Işık Elektrik Dağıtım A.Ş.', language: 'tr', kinds: ['invoice', 'contract'] },
  { name: 'Công ty Nước sạch Hồng Hà', language: 'vi', kinds: ['invoice', 'statement'] },
  { name: 'Τράπεζα Ωρίων', language: 'el', kinds: ['statement', 'contract'] },
  { name: 'ООО «Рассвет»', language: 'ru', kinds: ['invoice', 'contract', 'letter'] },
  { name: 'ТОВ «Їжачок»', language: 'uk', kinds: ['invoice', 'certificate'] },
  { name: 'חברת החשמל הצפונית', language: 'he', kinds: ['invoice', 'statement'] },
  { name: 'شركة النور للتأمين', language: 'ar', kinds: ['insurance', 'contract'] },
  { name: '株式会社さくら商事', language: 'ja', kinds: ['invoice', 'contract', 'certificate'] },
  { name: '東雲市役所 税務課', language: 'ja', kinds: ['tax', 'letter'] },
  { name: '长江水电有限公司', language: 'zh', kinds: ['invoice', 'statement'] },
  { name: '한빛 보험 주식회사', language: 'ko', kinds: ['insurance', 'letter'] },
  { name: 'भारत ज्योति बैंक', language: 'hi', kinds: ['statement', 'letter'] },
  { name: 'บริษัท บ้านสวน จำกัด', language: 'th', kinds: ['receipt', 'invoice'] },
  // A combining tilde that no single character stands for, an emoji of several code points, a flag.
  { name: 'Fundação Guaraní Yvy Porã · g̃uasu', language: 'es', kinds: ['letter', 'certificate'] },
  { name: '🧑‍🌾 Hofladen Grünkern 🥕', language: 'de', kinds: ['receipt'] },
];

export const documentTypes: Record<Kind, string> = {
  invoice: 'Rechnung',
  contract: 'Vertrag',
  statement: 'Kontoauszug',
  letter: 'Brief',
  receipt: 'Beleg / Receipt',
  certificate: 'Bescheinigung',
  insurance: 'Versicherung',
  tax: 'Steuer (税)',
};

export const storagePaths: readonly (LibraryTaxon & { path: string; kinds: readonly Kind[] })[] = [
  { name: 'Nach Jahr und Absender', path: '{{ created_year }}/{{ correspondent }}', kinds: ['invoice', 'letter', 'contract'] },
  { name: 'Finanzen', path: 'Finanzen/{{ created_year }}/{{ document_type }}/{{ title }}', kinds: ['statement', 'invoice', 'receipt'] },
  { name: 'Steuer – Übersicht', path: 'Steuer/{{ created_year }}/{{ correspondent }}/{{ created }} {{ title }}', kinds: ['tax'] },
  {
    name: 'Ablage 保管',
    path: 'Ablage/{{ owner_username }}/{{ created_year }}-{{ created_month }}',
    kinds: ['certificate', 'insurance', 'contract'],
  },
  { name: 'By archive number', path: '{% if asn %}ASN/{{ asn }}{% else %}unsorted{% endif %}', kinds: ['letter', 'insurance', 'receipt'] },
];

/** Three levels; a name stands once, since paperless doesn't allow one name under two parents. */
const tree: readonly [color: string, root: string, branches: Record<string, readonly string[]>][] = [
  ['#1f78b4', 'Finanzen', { Steuer: ['Einkommensteuer', 'Umsatzsteuer', 'Grundsteuer'], Bank: ['Girokonto', 'Depot', 'Kredit'], Spenden: [] }],
  ['#33a02c', 'Haus & Hof', { Nebenkosten: ['Strom ⚡', 'Wasser 💧', 'Heizöl'], Handwerker: ['Dachdecker', 'Gärtner 🌳'], Miete: [] }],
  ['#e31a1c', 'Gesundheit', { Zähne: ['Prophylaxe'], Rezepte: [], Krankenkasse: ['Bonusheft', 'Erstattung'] }],
  ['#ff7f00', 'Familie 👨‍👩‍👧', { Schule: ['Zeugnis', 'Ausflug'], Urlaub: ['Reise nach Zürich', '旅行 日本', 'سفر'], Haustiere: ['Kater Ätna 🐈'] }],
  ['#6a3d9a', 'Firma', { Buchhaltung: ['Reisekosten', 'Bewirtung', 'Büromaterial'], Verträge: ['Hosting', 'Лицензии'], Personal: [] }],
  ['#b15928', 'Auto', { Werkstatt: ['HU/AU', 'Reifen'], 'Kfz-Versicherung': [] }],
];

export const inboxTag = 'Posteingang 📥';
export const looseTags = ['wichtig', 'erledigt ✓', 'zu prüfen?', 'naïve café', 'Жизнь'] as const;

export const tags: readonly LibraryTag[] = [
  { name: inboxTag, color: '#a6cee3', inbox: true },
  ...looseTags.map((name) => ({ name, color: '#b2df8a' })),
  ...tree.flatMap(([color, root, branches]) => [
    { name: root, color },
    ...Object.entries(branches).flatMap(([branch, leaves]) => [
      { name: branch, color, parent: root },
      ...leaves.map((leaf) => ({ name: leaf, color, parent: branch })),
    ]),
  ]),
];

/** Tags that fit a document; any of them may be a leaf, a branch or a root. */
export const tagsOfKind: Record<Kind, readonly string[]> = {
  invoice: ['Strom ⚡', 'Wasser 💧', 'Heizöl', 'Dachdecker', 'Gärtner 🌳', 'Prophylaxe', 'Büromaterial', 'Hosting', 'Werkstatt', 'Firma'],
  contract: ['Miete', 'Verträge', 'Hosting', 'Лицензии', 'Kredit', 'Haus & Hof', 'Kfz-Versicherung'],
  statement: ['Girokonto', 'Depot', 'Kredit', 'Bank', 'Umsatzsteuer'],
  letter: ['Schule', 'Ausflug', 'Nebenkosten', 'Krankenkasse', 'Familie 👨‍👩‍👧', 'Personal', 'Spenden'],
  receipt: ['Reisekosten', 'Bewirtung', 'Reifen', 'Urlaub', 'Reise nach Zürich', '旅行 日本', 'سفر', 'Kater Ätna 🐈', 'Rezepte'],
  certificate: ['Zeugnis', 'HU/AU', 'Familie 👨‍👩‍👧', 'Bonusheft', 'Spenden'],
  insurance: ['Kfz-Versicherung', 'Gesundheit', 'Erstattung', 'Krankenkasse'],
  tax: ['Einkommensteuer', 'Umsatzsteuer', 'Grundsteuer', 'Steuer'],
};

/** Every type but documentlink, whose values need other documents. */
export const customFields: readonly LibraryCustomField[] = [
  { name: 'Vertragsnummer', dataType: 'string' },
  { name: 'Kundenportal', dataType: 'url' },
  { name: 'Fällig am', dataType: 'date' },
  { name: 'Steuerrelevant', dataType: 'boolean' },
  { name: 'Zählerstand', dataType: 'integer' },
  { name: 'Verbrauch (m³)', dataType: 'float' },
  { name: 'Betrag', dataType: 'monetary', defaultCurrency: 'EUR' },
  { name: 'Anzahlung', dataType: 'monetary' },
  {
    name: 'Status',
    dataType: 'select',
    options: [
      { id: 'Kq3vX9mT2bLw7RzA', label: 'offen' },
      { id: 'p8YdN4sJ6hGc1EuV', label: 'bezahlt' },
      { id: 'Zf5oW0aQ7iBx3MkD', label: 'in Prüfung …' },
      { id: 'r2TgH9lC4jPe8SnU', label: '保留' },
    ],
  },
  { name: 'Bemerkung', dataType: 'longtext' },
];

export const users: readonly LibraryUser[] = [
  { username: 'admin', superuser: true },
  { username: 'miriam', firstName: 'Miriam', lastName: 'Größer', email: 'miriam@example.org', groups: ['Buchhaltung'] },
  { username: 'jonas', firstName: 'Jonas', lastName: 'Öztürk', email: 'jonas@example.org', groups: ['Familie'] },
];
export const groups = ['Buchhaltung', 'Familie'] as const;
