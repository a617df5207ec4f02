import { canary, planted, type Mutant } from './planted';

export interface Caught {
  check: string;
  seed: number;
}

const HEAD = `# Planted bugs, and what catches them

<!-- Written by npm run simulate:mutants; what is typed here is lost. -->

Each row is a bug that a careless author might have written. It is planted alone, the simulation runs seed after seed, and the check named here is the
first that fails and shows what is wrong; the same seed passes without the bug. How: [testing.md](testing.md).

| Bug | What its author did | Where | Caught by | At seed |
| --- | --- | --- | --- | --- |
`;

/** docs/mutants.md, from what caught each of them. */
export function page(caught: ReadonlyMap<string, Caught>): string {
  return HEAD + [canary, ...planted].map((mutant) => row(mutant, caught.get(mutant.name))).join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function row({ name, careless, edits }: Mutant, by: Caught | undefined): string {
  const files = [...new Set(edits.map(({ file }) => file))].map((file) => `\`${file}\``);
  const cells = [name, careless, files.join(', '), by?.check ?? '**survives**', by === undefined ? '' : String(by.seed)];
  return `| ${cells.map(cell).join(' | ')} |\n`;
}
