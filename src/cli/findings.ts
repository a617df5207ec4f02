import type { PreflightAnswer } from '../api';

const SIGNS = { stops: 'stops', warns: 'warning', tells: 'note' } as const;

/** What a look found, for people: a line and what to do about it, the gravest first. */
export function findingLines(name: string, preflight: PreflightAnswer | null): string {
  const order = ['stops', 'warns', 'tells'];
  const findings = [...(preflight?.findings ?? [])].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return findings
    .map(({ severity, code, message, next_step: nextStep, accepted_at: accepted }) => {
      const sign = accepted === null ? SIGNS[severity] : 'accepted';
      return `${name}: ${sign} (${code}): ${message}\n  ${nextStep}\n`;
    })
    .join('');
}
