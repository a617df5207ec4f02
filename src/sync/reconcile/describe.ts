import type { WireDocument } from '../../paperless';
import type { PlanStep, Store } from '../../state';
import { emptyBody, FINDINGS, sampled, type Finding, type PlanBody } from '../plan/body';
import type { Face, ReconcilePlan } from '../plan/reconcile';
import { sizesOf } from '../plan/sizes';
import type { Reading } from './survey';

/** What has to be read first. */
export function describeReading(replica: string, readings: readonly Reading[], bytes: number): PlanBody {
  const downloads = readings.filter(({ via }) => via === 'download').length;
  const requests = readings.length - downloads;
  const parts = [
    ...(downloads > 0 ? [`${downloads} of the master's files (about ${bytes} bytes) have to be downloaded once`] : []),
    ...(requests > 0 ? [`the checksums of ${requests} documents have to be asked for, one by one`] : []),
  ];
  return {
    ...emptyBody(replica, `Before documents can be compared, ${parts.join(' and ')}.`),
    complete: false,
    counts: { downloads, checksums: requests },
    bytes: { download: bytes, upload: 0, exact: false },
    notes: [
      'Applying this plan reads and changes nothing; what was read is kept. Apply it again to go on where a deadline stopped it, then plan again.',
    ],
  };
}

const EVIDENCE = { checksum: 'by their bytes', asn: 'by ASN', title: 'by title and date', 'only-left': 'since only they were left' } as const;

export function describeReconcile(store: Store, replica: string, plan: ReconcilePlan, unread: number): PlanBody {
  const { registry } = store;
  const count = (by: keyof typeof EVIDENCE): number => plan.pairs.filter((pair) => pair.by === by).length;
  const uploads = [...plan.missing, ...plan.differing.map(({ master }) => master), ...plan.ambiguous.flatMap(({ masters }) => masters)];
  const findings = findingsOf(plan);
  return {
    ...emptyBody(replica, `${plan.pairs.length} documents of ${replica} are copies of the master's and would be adopted; nothing is uploaded.`),
    counts: {
      adopt: plan.pairs.length,
      adopt_by_checksum: count('checksum'),
      adopt_by_asn: count('asn'),
      adopt_by_title: count('title'),
      adopt_only_left: count('only-left'),
      ambiguous: plan.ambiguous.reduce((sum, { masters }) => sum + masters.length, 0),
      differing: plan.differing.length,
      asn_held: plan.asnHeld.length,
      missing: plan.missing.length,
      foreign: plan.foreign.length,
      unread,
    },
    bytes: { ...sizesOf(registry, uploads), upload: 0 },
    samples: {
      adopt: sampled(registry, plan.pairs),
      missing: sampled(
        registry,
        plan.missing.map((master) => ({ master, replica: null })),
      ),
    },
    findings: findings.slice(0, FINDINGS),
    notes: [
      'bytes.download is what the next cycles fetch for the documents that are missing, ambiguous or differing: those are synced as new ones.',
      ...(plan.ambiguous.some(({ by }) => by === 'checksum')
        ? [
            'Ambiguous documents of the same bytes are left to the next cycle, which takes the oldest of them (setting adopt_twins: hold keeps it from that).',
          ]
        : []),
      ...(findings.length > FINDINGS ? [`${findings.length - FINDINGS} further findings are left off.`] : []),
    ],
  };
}

const SAME_BYTES = 'the same bytes, and nothing tells them apart.';
const SAME_TITLE = 'the same title and date, but several of them and of other bytes.';
/** Ids that one finding names; thousands of scans may share one title. */
const NAMED = 100;

function findingsOf(plan: ReconcilePlan): Finding[] {
  return [
    ...plan.ambiguous.map(({ by, masters, replicas }): Finding => ({
      kind: 'ambiguous',
      masters: masters.slice(0, NAMED),
      replicas: replicas.slice(0, NAMED),
      about: `${masters.length} of the master's and ${replicas.length} of the replica's: ${by === 'checksum' ? SAME_BYTES : SAME_TITLE}`,
    })),
    ...plan.differing.map(({ master, replica, by, why }): Finding => ({
      kind: 'differing',
      masters: [master],
      replicas: [replica],
      about: `Alike ${EVIDENCE[by]}, but ${WHY[why]}.`,
    })),
    ...plan.asnHeld.map(({ asn, master, replica }): Finding => ({
      kind: 'asn-held',
      masters: [master],
      replicas: [replica],
      about: `ASN ${asn} is held by a document of the replica that isn't adopted for it: the copy will be without.`,
    })),
  ];
}

const WHY = { bytes: 'their bytes differ', versions: 'they have other versions', unread: 'their bytes could not be read' } as const;

/** Each pair as a step; its data is what the row keeps of the copy's file. */
export function adoptSteps(store: Store, plan: ReconcilePlan, replicas: readonly Face[], algorithm: 'md5' | 'sha256'): PlanStep[] {
  const faces = new Map(replicas.map((face) => [face.id, face]));
  return plan.pairs.map(({ master, replica, by }) => {
    const sha256 = algorithm === 'sha256' ? (faces.get(replica)?.chain?.at(-1) ?? null) : newestSha256(store, master);
    return { masterDocId: master, replicaDocId: replica, action: 'adopt', data: JSON.stringify({ by, sha256 }) };
  });
}

function newestSha256({ registry }: Store, masterDocId: number): string | null {
  const row = registry.masterDoc(masterDocId);
  const newest = row === null ? undefined : (JSON.parse(row.document) as WireDocument).versions.at(-1);
  const learned = newest?.checksum ?? registry.file(masterDocId, 0)?.sha256 ?? '';
  return learned === '' ? null : learned;
}
