/** What a household or a small firm files, in the languages in which it comes. */
export const kinds = ['invoice', 'contract', 'statement', 'letter', 'receipt', 'certificate', 'insurance', 'tax'] as const;
export type Kind = (typeof kinds)[number];

/** One word a kind, in the order of `kinds`. */
export const words = {
  de: ['Rechnung', 'Vertrag', 'Kontoauszug', 'Schreiben', 'Quittung', 'Bescheinigung', 'Versicherungsschein', 'Steuerbescheid'],
  en: ['Invoice', 'Contract', 'Statement', 'Letter', 'Receipt', 'Certificate', 'Policy', 'Tax return'],
  fr: ['Facture', 'Contrat', 'Relevé de compte', 'Courrier', 'Reçu', 'Attestation', 'Assurance', 'Avis d’imposition'],
  es: ['Factura', 'Contrato', 'Extracto', 'Carta', 'Recibo', 'Certificado', 'Póliza', 'Declaración de la renta'],
  it: ['Fattura', 'Contratto', 'Estratto conto', 'Lettera', 'Ricevuta', 'Certificato', 'Polizza', 'Dichiarazione'],
  sv: ['Faktura', 'Avtal', 'Kontoutdrag', 'Brev', 'Kvitto', 'Intyg', 'Försäkring', 'Inkomstdeklaration'],
  pl: ['Rachunek', 'Umowa', 'Wyciąg', 'Pismo', 'Paragon', 'Zaświadczenie', 'Polisa', 'Zeznanie podatkowe'],
  cs: ['Účtenka', 'Smlouva', 'Výpis z účtu', 'Dopis', 'Příjmový doklad', 'Osvědčení', 'Pojistka', 'Daňové přiznání'],
  tr: ['Fatura', 'Sözleşme', 'Hesap özeti', 'Mektup', 'Fiş', 'Belge', 'Sigorta poliçesi', 'Vergi beyannamesi'],
  vi: ['Hoá đơn', 'Hợp đồng', 'Sao kê', 'Thư', 'Biên lai', 'Giấy chứng nhận', 'Bảo hiểm', 'Tờ khai thuế'],
  el: ['Τιμολόγιο', 'Σύμβαση', 'Κίνηση λογαριασμού', 'Επιστολή', 'Απόδειξη', 'Πιστοποιητικό', 'Ασφάλεια', 'Φορολογική δήλωση'],
  ru: ['Счёт', 'Договор', 'Выписка', 'Письмо', 'Чек', 'Справка', 'Страховой полис', 'Налоговая декларация'],
  uk: ['Рахунок', 'Договір', 'Виписка', 'Лист', 'Чек', 'Довідка', 'Поліс', 'Декларація'],
  he: ['חשבונית', 'חוזה', 'דף חשבון', 'מכתב', 'קבלה', 'אישור', 'פוליסת ביטוח', 'דוח מס'],
  ar: ['فاتورة', 'عقد', 'كشف حساب', 'رسالة', 'إيصال', 'شهادة', 'بوليصة تأمين', 'إقرار ضريبي'],
  ja: ['請求書', '契約書', '取引明細書', 'お知らせ', '領収書', '証明書', '保険証券', '確定申告書'],
  zh: ['发票', '合同', '对账单', '信函', '收据', '证明', '保险单', '纳税申报表'],
  ko: ['청구서', '계약서', '거래 내역서', '안내문', '영수증', '증명서', '보험 증권', '세금 신고서'],
  hi: ['चालान', 'अनुबंध', 'खाता विवरण', 'पत्र', 'रसीद', 'प्रमाणपत्र', 'बीमा पॉलिसी', 'कर विवरणी'],
  th: ['ใบแจ้งหนี้', 'สัญญา', 'รายการเดินบัญชี', 'จดหมาย', 'ใบเสร็จ', 'ใบรับรอง', 'กรมธรรม์', 'แบบภาษี'],
} as const satisfies Record<string, readonly [string, string, string, string, string, string, string, string]>;

export type Language = keyof typeof words;

export function word(language: Language, kind: Kind): string {
  return words[language][kinds.indexOf(kind)] ?? kind;
}

/** Sentences for bodies. The first group's letters all exist in the standard fonts of PDF. */
export const sentences: Record<'de' | 'en' | 'fr' | 'es' | 'sv', readonly string[]> = {
  de: [
    'vielen Dank für Ihren Auftrag, den wir wie vereinbart ausgeführt haben.',
    'Bitte überweisen Sie den Betrag innerhalb von 14 Tagen auf das unten genannte Konto.',
    'Änderungen Ihrer Anschrift teilen Sie uns bitte schriftlich mit.',
    'Die Prüfung der Unterlagen ist abgeschlossen; Rückfragen richten Sie bitte an Frau Größer.',
    'Der Widerspruch ist innerhalb eines Monats nach Bekanntgabe schriftlich einzulegen.',
    'Dieses Schreiben wurde maschinell erstellt und ist ohne Unterschrift gültig.',
  ],
  en: [
    'thank you for your order, which we have carried out as agreed.',
    'Please transfer the amount within 14 days to the account given below.',
    'Kindly let us know in writing when your address changes.',
    'The reading was taken on site; an estimate is marked with an asterisk.',
    'Cover starts at midnight on the first day and renews each year unless cancelled.',
    'This letter was produced by machine and is valid without a signature.',
  ],
  fr: [
    'nous vous remercions de votre commande, exécutée comme convenu.',
    'Merci de régler le montant sous quinze jours à compter de la réception.',
    'Toute modification de vos coordonnées doit nous être signalée par écrit.',
    'Le relevé a été effectué à distance, d’où un léger écart possible.',
    'La présente attestation est délivrée pour servir et valoir ce que de droit.',
  ],
  es: [
    'le agradecemos su pedido, realizado según lo acordado.',
    'Rogamos abone el importe en un plazo de catorce días.',
    'Comuníquenos por escrito cualquier cambio de dirección.',
    'La lectura del contador se efectuó el último día del mes.',
  ],
  sv: [
    'tack för din beställning, som vi har utfört enligt överenskommelse.',
    'Vänligen betala beloppet inom fjorton dagar.',
    'Meddela oss skriftligen om din adress ändras.',
    'Avläsningen gjordes på plats den sista dagen i månaden.',
  ],
};

/** A line a language for texts that don't have to fit a PDF font. */
export const lines: Record<Language, string> = {
  de: 'Für Rückfragen stehen wir Ihnen gerne zur Verfügung.',
  en: 'We’re happy to answer your questions.',
  fr: 'Nous restons à votre disposition pour toute question.',
  es: 'Quedamos a su disposición para cualquier consulta.',
  it: 'Restiamo a disposizione per qualsiasi chiarimento.',
  sv: 'Hör gärna av dig om du har frågor.',
  pl: 'W razie pytań prosimy o kontakt: zażółć gęślą jaźń.',
  cs: 'S dotazy se na nás kdykoli obraťte; příliš žluťoučký kůň.',
  tr: 'Sorularınız için bizimle iletişime geçebilirsiniz.',
  vi: 'Vui lòng liên hệ với chúng tôi nếu quý khách có thắc mắc.',
  el: 'Είμαστε στη διάθεσή σας για κάθε ερώτηση.',
  ru: 'Если у вас есть вопросы, мы с удовольствием ответим.',
  uk: 'Якщо у вас є запитання, звертайтеся до нас.',
  he: 'נשמח לענות על כל שאלה. מספר לקוח: 123-456.',
  ar: 'يسعدنا الرد على استفساراتكم. رقم العميل: ١٢٣٤.',
  ja: 'ご不明な点がございましたら、お気軽にお問い合わせください。',
  zh: '如有任何疑问，欢迎随时与我们联系。',
  ko: '궁금하신 점이 있으시면 언제든지 문의해 주시기 바랍니다.',
  hi: 'किसी भी प्रश्न के लिए कृपया हमसे संपर्क करें।',
  th: 'หากมีข้อสงสัย กรุณาติดต่อเรา',
};
