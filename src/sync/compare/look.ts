import type { CallOptions, WireDocument, WireDocumentWithContent } from '../../paperless';
import { AsnHolders } from './asn';
import type { Links } from './custom-fields';
import { judgeOlderTexts } from './older-texts';
import { judgeFields, type PairContext, type Rules } from './fields';
import type { Files } from './files';
import { EQUAL, different, limited, type Judgement } from './judgement';
import type { Matcher } from './match';
import { inParallel, type Pairs } from './pairs';
import type { Described, Side } from './side';

/** Files looked at at once. */
const WIDTH = 2;

/** All that a look at one of the master's documents and its copy found. */
export interface Look {
  title: string;
  /** null: the replica has no copy. */
  copy: { master: Described; replica: Described } | null;
  found: Map<string, Judgement>;
}

interface LookerInit {
  sides: { master: Side; replica: Side };
  pairs: Pairs;
  matcher: Matcher;
  files: Files;
  rules: Rules;
  call: CallOptions;
}

/** Reads pairs and judges them. */
export class Looker {
  private readonly asns: AsnHolders;
  private readonly links: Links;
  /** Fields of documents that links lead to, as last read. */
  private readonly ends = new Map<number, WireDocument['customFields']>();

  constructor(private readonly init: LookerInit) {
    const { pairs, sides, call } = init;
    this.asns = new AsnHolders(sides.replica.reader, pairs, call);
    this.links = {
      copyOf: (id) => pairs.copyOf(id),
      isDangling: (id) => pairs.copyOf(id) === undefined && (!pairs.onMaster(id) || this.isTwin(id)),
      namesBack: (id, source, field) => {
        const end = this.ends.get(id);
        return end === undefined || linksIn(end, new Set([field])).includes(source);
      },
    };
  }

  get sides(): { master: Side; replica: Side } {
    return this.init.sides;
  }

  /**
   * Those of the master's documents that are still there. A server at work moves under a comparison: what differs is read a second time, and is told only
   * when it still differs.
   */
  async look(ids: readonly number[]): Promise<Map<number, Look>> {
    const looks = await this.once(ids);
    const doubtful = [...looks].filter(([, look]) => isStale(look) || [...look.found.values()].some((judgement) => judgement.is === 'different'));
    if (doubtful.length === 0) return looks;
    if (doubtful.some(([, look]) => isStale(look))) await this.readCollections();
    for (const [id] of doubtful) looks.delete(id);
    for (const [id, look] of await this.once(doubtful.map(([id]) => id))) looks.set(id, look);
    return new Map([...looks].sort(([a], [b]) => a - b));
  }

  private async readCollections(): Promise<void> {
    const { master, replica } = this.init.sides;
    this.init.sides = { master: await master.again(this.init.call), replica: await replica.again(this.init.call) };
  }

  private async once(ids: readonly number[]): Promise<Map<number, Look>> {
    const { sides, pairs, rules, call } = this.init;
    const copies = ids.flatMap((id) => pairs.copyOf(id) ?? []);
    const [ours, theirs] = await Promise.all([
      sides.master.reader.documentsWithContent(ids, call),
      sides.replica.reader.documentsWithContent(copies, call),
    ]);
    await this.readEnds(ours);
    const byId = new Map(theirs.map((d) => [d.id, d]));
    const looks = new Map<number, Look>();
    await inParallel(ours, WIDTH, async (wire) => {
      const copy = byId.get(pairs.copyOf(wire.id) ?? -1);
      looks.set(wire.id, copy === undefined ? this.absent(wire) : await this.present(wire, copy, { ...sides, links: this.links, rules }));
    });
    return new Map([...looks].sort(([a], [b]) => a - b));
  }

  /** Only where a document has links: whether their targets name it back. */
  private async readEnds(documents: readonly WireDocument[]): Promise<void> {
    const { master } = this.init.sides;
    const fields = new Set(master.collections.customField.flatMap((field) => (field.dataType === 'documentlink' ? field.id : [])));
    const targets = new Set(documents.flatMap(({ customFields }) => linksIn(customFields, fields)));
    for (const { id, customFields } of documents) {
      this.ends.set(id, customFields);
      targets.delete(id);
    }
    for (const { id, customFields } of await master.reader.documentsByIds([...targets], this.init.call)) this.ends.set(id, customFields);
  }

  private absent(wire: WireDocumentWithContent): Look {
    const holder = this.init.matcher.heldBy.get(wire.id);
    const there = holder === undefined ? 'not there' : `document ${holder} has the same bytes`;
    const judgement = this.isTwin(wire.id) ? limited('identical-bytes', wire.title, there) : different(wire.title, there);
    return { title: wire.title, copy: null, found: new Map([['document', judgement]]) };
  }

  private async present(wire: WireDocumentWithContent, theirs: WireDocumentWithContent, context: PairContext): Promise<Look> {
    const copy = { master: context.master.describe(wire), replica: context.replica.describe(theirs) };
    const found = judgeFields(copy, context);
    const number = wire.archiveSerialNumber;
    if (number !== null && found.get('archive_serial_number')?.is === 'different' && (await this.asns.heldByAnother(number)))
      found.set('archive_serial_number', limited('asn-held-by-another', number, theirs.archiveSerialNumber));
    const texts = await judgeOlderTexts(wire, theirs, context, this.init.call);
    if (texts !== null) found.set('version_content', texts);
    found.set('document', EQUAL);
    const file = await this.init.files.judge(wire, theirs);
    found.set('file', file);
    // The very bytes under another name: they were there before the sync, and paperless takes a name with its upload alone.
    if (file.is === 'equal' && found.get('original_file_name')?.is === 'different')
      found.set('original_file_name', limited('file-name-kept', wire.originalFileName, theirs.originalFileName));
    return { title: wire.title, copy, found };
  }

  /** Without a copy, because this version holds the same bytes only once. */
  private isTwin(id: number): boolean {
    return !this.init.sides.replica.reader.capabilities.identicalBytes && this.init.matcher.heldBy.has(id);
  }
}

/** It names something that was made after the collections were read. */
function isStale({ copy }: Look): boolean {
  return copy !== null && (copy.master.stale || copy.replica.stale);
}

function linksIn(values: WireDocument['customFields'], fields: ReadonlySet<number>): number[] {
  return values.flatMap(({ field, value }) => (fields.has(field) && Array.isArray(value) ? value.map(Number) : []));
}
