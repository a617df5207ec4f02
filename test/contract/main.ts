/** Prints how the simulator compares with the recordings: `node dist/test/contract/main.js [version/name …] [--show N] [--brief]`. */
import { parseArgs } from 'node:util';
import { simulatedVersions, type SimulatedVersion } from '../../simulator/profile';
import { recordings } from './recording';
import { replay } from './replay';
import { summary, Totals } from './report';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { show: { type: 'string', default: '5' }, brief: { type: 'boolean', default: false } },
  });
  const totals = new Totals();
  for (const version of simulatedVersions as SimulatedVersion[]) {
    for (const recording of recordings(version)) {
      const name = `${version}/${recording.name}`;
      if (positionals.length > 0 && !positionals.some((wanted) => name === wanted || name.startsWith(`${wanted}/`) || recording.name === wanted))
        continue;
      const results = await replay(recording);
      totals.add(name, results);
      let shown = 0;
      for (const result of results) {
        if (result.differences.length === 0 || shown++ >= Number(values.show)) continue;
        process.stdout.write(`${name} #${result.index} ${result.title}\n`);
        for (const { where, recorded, ours } of result.differences.slice(0, 6)) {
          process.stdout.write(`    ${where}: ${JSON.stringify(recorded).slice(0, 160)} <> ${JSON.stringify(ours ?? null).slice(0, 160)}\n`);
        }
      }
    }
  }
  process.stdout.write(`${values.brief ? totals.line() : summary(totals)}\n`);
}

void main();
