import { appliedSchema, planSchema, reconciledSchema, type PlanAnswer } from '../../api';
import { text, type Command } from '../command';
import { ask, connectForWriting, using } from '../connection';
import { EXIT, usageError } from '../exit';
import { printJson, table, wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

/** A plan for people: numbers, everything that would go by name, samples of the rest. */
export function describePlan(plan: PlanAnswer): string {
  const lines = [plan.summary];
  for (const [what, number] of Object.entries(plan.counts)) if (number > 0) lines.push(`  ${what.replaceAll('_', ' ')}: ${number}`);
  const { download, upload, exact } = plan.bytes;
  if (download + upload > 0) lines.push(`  bytes: ${download} to download, ${upload} to upload${exact ? '' : ' (at least, or estimated)'}`);
  const names = (items: PlanAnswer['deletes']): string =>
    table(
      ['  MASTER', 'REPLICA', 'TITLE'],
      items.map((item) => [`  ${item.master ?? '-'}`, String(item.replica ?? '-'), item.title]),
    ).trimEnd();
  if (plan.deletes.length > 0) lines.push('', 'What would go:', names(plan.deletes));
  for (const [what, items] of Object.entries(plan.samples))
    if (items.length > 0) lines.push('', `${what.replaceAll('_', ' ')}, for example:`, names(items));
  if (plan.findings.length > 0) lines.push('', 'For you to judge:');
  for (const finding of plan.findings)
    lines.push(`  ${finding.kind}: master ${finding.masters.join(', ')}; replica ${finding.replicas.join(', ')}. ${finding.about}`);
  lines.push('', ...plan.notes, `Plan ${plan.id}: pngx apply ${plan.id}`);
  return `${lines.join('\n')}\n`;
}

export const plan: Command = {
  name: 'plan',
  summary: 'Say what would be done to a replica, without doing it.',
  details:
    'A cycle is planned before the nodes of your flow had their say. The plan is kept under its number; pngx apply does exactly what it says, or refuses.',
  options: {
    ...REPLICA_OPTION,
    scope: { type: 'string', value: 'SCOPE', about: 'cycle (the default), deletes, reconcile, resync or policy.' },
    'delete-policy': { type: 'string', value: 'POLICY', about: 'With --scope policy: keep, trash or mirror.' },
  },
  async run(io, values) {
    const made = await using(await connectForWriting(io, true), async (connection) => {
      const { id } = await whichReplica(connection, values, []);
      return ask(planSchema, connection, 'plan', { replica_id: id, scope: text(values, 'scope'), delete_policy: text(values, 'delete-policy') });
    });
    if (wantsJson(values)) printJson(io, made);
    else io.out(describePlan(made));
    return EXIT.ok;
  },
};

export const apply: Command = {
  name: 'apply',
  summary: 'Do what a plan says, or refuse because the world has moved since.',
  options: {},
  positionals: ['PLAN_ID'],
  async run(io, values, positionals) {
    const given = positionals[0] ?? '';
    if (!/^[1-9]\d*$/.test(given)) throw usageError('Which plan?', 'Give its number: pngx plan shows it.');
    const done = await using(
      await connectForWriting(io, true),
      async (connection) => await ask(appliedSchema, connection, 'plan-apply', { id: Number(given) }),
    );
    if (wantsJson(values)) printJson(io, done);
    else io.out(`${done.message}\n`);
    return done.applied ? EXIT.ok : EXIT.timeout;
  },
};

export const resync: Command = {
  name: 'resync',
  summary: "Forget a replica's map and build it anew; only what is not there is uploaded.",
  details: 'Without --yes it says what that would mean, and does nothing.',
  options: { ...REPLICA_OPTION, yes: { type: 'boolean', about: 'Do it.' } },
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const result = await using(await connectForWriting(io, true), async (connection) => {
      const { id } = await whichReplica(connection, values, positionals);
      return ask(reconciledSchema, connection, 'replica-resync', { id, apply: values.yes === true });
    });
    if (wantsJson(values)) printJson(io, result);
    else io.out(result.applied === null ? describePlan(result.plan) : `${result.applied.message}\n`);
    return EXIT.ok;
  },
};
