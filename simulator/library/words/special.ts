/** Titles that show what Unicode, markup and punctuation do to a copy; each stands on a document now and then. */
export const specialTitles: readonly string[] = [
  'Kaufvertrag Škoda Octavia – «Zweitschlüssel fehlt»',
  'A < B && B > C; <b>nicht fett</b> &amp; "zitiert"',
  // Decomposed on purpose: e + U+0301, o + U+0308. Titles are kept as they are, file names become NFC.
  'Cafe\u0301 Zo\u0308rgiebel: Rechnung für die Jubila\u0308umsfeier',
  '🏠🔑 Wohnungsübergabe 👨‍👩‍👧‍👦 (Protokoll) 🇩🇪→🇯🇵',
  'חוזה שכירות – דירה 12/ב (2024)',
  'عقد إيجار رقم ١٢٣ – نسخة موقّعة',
  '見積書:自転車修理(前輪ブレーキ)',
  'Straße, STRASSE, ẞ und ſ: ein Test mit vier Schreibweisen',
  'İstanbul’da kira sözleşmesi, ıssız ILIK İĞNE',
  '100 % Rabatt? 50 %25 #Angebot +Versand; \\Server\\Freigabe',
  'Ⅳ. Quartal ½ ¼ ﬁnal ﬂuid № 7 ™',
  'नमस्ते – बिजली का बिल, मार्च',
  '𝔉𝔯𝔞𝔨𝔱𝔲𝔯 und 𠮷野家 (außerhalb der BMP)',
  'Z̷̨͖a̴͙l̸g̵o: zu viele Zeichen auf einem Buchstaben',
  'O\u2019Brien\u00a0& Sons\u2009— “Final” draft… (v2)',
  'file.name.with.dots.tar.gz',
  '-- kein Kommentar; DROP TABLE documents; --',
  'null',
  '0012',
  'Ünïcödé everywhere: ąćęłńóśźż āēīōū ğış ðþ ŵŷ',
];

export const notes: readonly string[] = [
  'Per Lastschrift bezahlt.',
  'Original liegt im roten Ordner, Fach 3.',
  'Bitte bis Freitag prüfen 🙏',
  'Rückfrage an Frau Größer gestellt\nAntwort steht noch aus.',
  'Checked against the bank statement: matches.',
  'ご確認をお願いします。',
  'تم الدفع نقدًا',
  'Kündigungsfrist: 3 Monate zum Quartalsende → Kalender ✓',
  '  eingerückt, mit Leerzeichen am Anfang',
  '<script>alert("nur Text")</script>',
  'Achtung: zweite Seite fehlt.\n\nNachgereicht am 3. d. M.',
  'Cafe\u0301 – decomposed',
];

export const remarks: readonly string[] = [
  'Zahlbar in drei Raten,\nerste Rate sofort.',
  'Siehe auch den Schriftwechsel vom Vorjahr; die Nummern haben sich geändert.',
  '長い備考:\n一行目\n二行目',
  'Garantie läuft über den Hersteller – nicht über den Händler!',
];
