import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './checkout';

const page = readFileSync(join(checkout, 'docs', 'guarantees.md'), 'utf8');

/** What stands in the page's backticks and fits. */
function named(pattern: RegExp): string[] {
  return [...page.matchAll(/`([^`]+)`/gu)].flatMap(([, text = '']) => pattern.exec(text)?.[1] ?? []);
}

describe('docs/guarantees.md', () => {
  it('names files that are there', () => {
    const files = named(/^((?:src|test|docs)\/\S+)$/u);
    assert.ok(files.length > 5);
    assert.deepEqual(
      files.filter((file) => !existsSync(join(checkout, file))),
      [],
    );
  });

  it('names checks that the simulation has', () => {
    const source = readFileSync(join(checkout, 'test', 'simulate', 'story.ts'), 'utf8');
    const checks = [...(/export type Check =([^;]+);/u.exec(source)?.[1]?.matchAll(/'([a-z-]+)'/gu) ?? [])].map(([, name]) => name);
    const told = named(/^simulate: ([a-z-]+)$/u);
    assert.ok(told.length > 5);
    assert.deepEqual(
      told.filter((name) => !checks.includes(name)),
      [],
    );
  });

  it('names commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const commands = named(/^npm run ([\w:-]+)/u);
    assert.ok(commands.length > 1);
    assert.deepEqual(
      commands.filter((name) => !(name in scripts)),
      [],
    );
  });
});
