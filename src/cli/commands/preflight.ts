import { preflightListSchema } from '../../api';
import { text, type Command } from '../command';
import { ask, call, connectForWriting, using } from '../connection';
import { EXIT } from '../exit';
import { findingLines } from '../findings';
import { printJson, wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

export const preflight: Command = {
  name: 'preflight',
  summary: 'Look at the master and the replicas now, and say what is in the way and what to do about it.',
  details:
    'Only reads. With --accept a finding that stops an instance is taken to be right as it is: of the replica that is named, or of the master. It holds until the matter is settled.',
  options: {
    ...REPLICA_OPTION,
    accept: { type: 'string', value: 'CODE', about: 'The code of the finding.' },
  },
  async run(io, values) {
    const code = text(values, 'accept');
    return using(await connectForWriting(io, true), async (connection) => {
      const replica = text(values, 'replica') === undefined ? null : await whichReplica(connection, values, []);
      const input = replica === null ? {} : { replica_id: replica.id };
      if (code !== undefined) {
        const accepted = await call(connection, 'preflight-accept', { ...input, code });
        if (wantsJson(values)) printJson(io, accepted);
        else io.out(`"${code}" of ${replica?.name ?? 'the master'} is accepted.\n`);
        return EXIT.ok;
      }
      const answer = await ask(preflightListSchema, connection, 'preflight', input);
      if (wantsJson(values)) printJson(io, answer);
      for (const { name, error, preflight: found } of wantsJson(values) ? [] : answer.instances) {
        const skew = found?.clock_skew_seconds ?? null;
        const facts = [
          ...(found?.documents == null ? [] : [`${found.documents} documents`]),
          ...(skew === null ? [] : [`clock ${skew} s from ours`]),
        ];
        io.out(`${name}: ${error === null ? 'ready' : 'not usable now'}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}\n`);
        io.out(findingLines(name, found));
        // What a finding says already needs no second telling.
        if (error !== null && found?.findings.every((finding) => finding.code !== error.code) !== false)
          io.out(`${name}: ${error.message}\n  ${error.next_step}\n`);
      }
      return answer.instances.some(({ error }) => error !== null) ? EXIT.instance : EXIT.ok;
    });
  },
};
