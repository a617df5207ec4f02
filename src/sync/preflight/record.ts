import type { Settings } from '../../state';
import { ACCEPTABLE, type Finding } from './findings';

export interface KeptFinding extends Finding {
  /** ISO time at which it was first found. */
  since: string;
  /** Somebody said that it is right as it is. */
  acceptedAt: string | null;
}

/** The last look at an instance. */
export interface Preflight {
  checkedAt: string;
  /** What it counts; null when it didn't get that far. */
  documents: number | null;
  clockSkewSeconds: number | null;
  findings: KeptFinding[];
}

export type Look = Pick<Preflight, 'documents' | 'clockSkewSeconds'> & { findings: readonly Finding[] };

/** What is remembered of an instance goes by this: `master` (null), or `replica:<id>`. */
export function instanceKey(replicaId: number | null): string {
  return replicaId === null ? 'master' : `replica:${replicaId}`;
}

export function preflightOf(settings: Settings, instance: string): Preflight | null {
  const stored = settings.fact(`preflight:${instance}`);
  return stored === null ? null : (JSON.parse(stored) as Preflight);
}

/** Keeps a look. What wasn't there the last time, and what is there no longer. */
export function keepPreflight(settings: Settings, instance: string, look: Look, at: string): { appeared: KeptFinding[]; settled: KeptFinding[] } {
  const before = new Map((preflightOf(settings, instance)?.findings ?? []).map((finding) => [finding.key, finding]));
  const accepted = acceptedOf(settings, instance);
  const findings = look.findings.map((finding): KeptFinding => ({
    ...finding,
    since: before.get(finding.key)?.since ?? at,
    acceptedAt: accepted[finding.code] ?? null,
  }));
  const kept: Preflight = { checkedAt: at, documents: look.documents, clockSkewSeconds: look.clockSkewSeconds, findings };
  settings.setFact(`preflight:${instance}`, JSON.stringify(kept));
  const now = new Set(findings.map(({ key }) => key));
  return { appeared: findings.filter(({ key }) => !before.has(key)), settled: [...before.values()].filter(({ key }) => !now.has(key)) };
}

/** It holds until the matter is settled. False for what can't be accepted, or isn't there. */
export function acceptFinding(settings: Settings, instance: string, code: string, at: string): boolean {
  const last = preflightOf(settings, instance);
  // A sweep may refuse a shrunken master that the preflight, which only counts, lets pass.
  const there = last?.findings.some((finding) => finding.code === code) === true || (code === 'library-shrunken' && instance === 'master');
  if (!ACCEPTABLE.includes(code) || !there) return false;
  settings.setFact(`accepted:${instance}`, JSON.stringify({ ...acceptedOf(settings, instance), [code]: at }));
  if (last !== null) {
    const findings = last.findings.map((finding) => (finding.code === code ? { ...finding, acceptedAt: at } : finding));
    settings.setFact(`preflight:${instance}`, JSON.stringify({ ...last, findings }));
  }
  return true;
}

export function isAccepted(settings: Settings, instance: string, code: string): boolean {
  return acceptedOf(settings, instance)[code] !== undefined;
}

/** Settled: the next time it is a matter of its own. */
export function endAcceptance(settings: Settings, instance: string, code: string): void {
  const { [code]: ended, ...rest } = acceptedOf(settings, instance);
  if (ended !== undefined) settings.setFact(`accepted:${instance}`, Object.keys(rest).length === 0 ? null : JSON.stringify(rest));
}

export function forgetPreflight(settings: Settings, instance: string): void {
  settings.setFact(`preflight:${instance}`, null);
  settings.setFact(`accepted:${instance}`, null);
}

function acceptedOf(settings: Settings, instance: string): Record<string, string> {
  const stored = settings.fact(`accepted:${instance}`);
  return stored === null ? {} : (JSON.parse(stored) as Record<string, string>);
}
