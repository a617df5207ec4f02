import assert from 'node:assert/strict';
import { COMMANDS } from '../../../src/cli/main';
import { parseKey } from '../../../src/state';
import { Bench, json } from './scripted-io';

describe('pngx, as typed', () => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench()));
  afterEach(() => bench.close());

  it('lists its commands and exit codes', async () => {
    const { code, out } = await bench.run('--help');
    assert.equal(code, 0);
    for (const command of COMMANDS) assert(out.includes(command.name));
    for (const exit of [0, 1, 2, 3, 4, 5, 6, 70, 130]) assert.match(out, new RegExp(`^ +${exit}  \\w`, 'm'));
    assert.equal((await bench.run('help')).out, out);
    assert.match((await bench.run('--version')).out, /^\d+\.\d+\.\d+\n$/);
    const bare = await bench.run();
    assert.deepEqual([bare.code, bare.out, bare.err], [2, '', out]);
  });

  for (const { name, options } of COMMANDS) {
    it(`explains ${name}`, async () => {
      const { code, out } = await bench.run(...name.split(' '), '--help');
      assert.equal(code, 0);
      assert(out.startsWith(`pngx ${name} `));
      for (const option of Object.keys(options)) assert(out.includes(`--${option}`));
      assert.equal((await bench.run('help', ...name.split(' '))).out, out);
      assert.equal(bench.acquired, 0);
    });
  }

  const wrong: [string[], RegExp][] = [
    [['frobnicate'], /knows no command "frobnicate"/],
    [['replica'], /pngx replica add, /],
    [['status', '--jsno'], /Unknown option '--jsno'/],
    [['status', 'extra'], /doesn't know what to do with "extra"/],
    [['replica', 'add', '--name', 'x'], /needs --url URL/],
    [['replica', 'add', '--name', '', '--url', 'http://x', '--token', 't'], /--name is empty/],
    [['replica', 'add', '--name', 'x', '--url', 'http://x', '--token', 't', '--interval', '1.5'], /--interval is "1.5"/],
    [['replica', 'add', '--name', 'x', '--url', 'http://x', '--token', '-'], /nothing on standard input/],
    [['replica', 'add', '--name', 'x', '--url', 'x:8000', '--token', 't'], /url: Give the address/],
    [['sync'], /How long should it sync/],
    [['sync', '--once', '--until-settled'], /exclude each other/],
    [['sync', '--once', '--timeout', '0'], /--timeout is "0"/],
    [['master', 'set'], /Nothing to change/],
    [['settings', 'set', 'paused'], /Which setting/],
    [['settings', 'set', 'colour', 'red'], /no setting "colour"/],
    [['settings', 'set', 'paused', 'maybe'], /paused: Give true or false/],
    [['settings', 'set', 'batch_size', '0'], /batch_size: Give a whole number from 1 to 900/],
    [['settings', 'set', 'delete_policy', 'burn'], /Give one of "keep", "trash", "mirror"/],
  ];
  for (const [args, said] of wrong) {
    it(`refuses: pngx ${args.join(' ')}`, async () => {
      const plain = await bench.run(...args);
      assert.match(plain.err, said);
      assert.deepEqual([plain.code, plain.out], [2, '']);
      const { error } = json(await bench.run(...args, '--json')) as { error: { code: string; message: string; next_step: string; exit: number } };
      assert.equal(error.exit, 2);
      assert(error.next_step.length > 0);
    });
  }

  it('makes keys, each another', async () => {
    const first = (await bench.run('new-key')).out.trim();
    const second = json(await bench.run('new-key', '--json')).key as string;
    assert.notEqual(first, second);
    for (const key of [first, second]) parseKey(key);
  });

  it('refuses a bad environment before it opens anything', async () => {
    for (const [name, value, code] of [
      ['SECRET_KEY', '', 'secret-key'],
      ['SECRET_KEY', 'too-short', 'secret-key'],
      ['DATABASE_URL', 'postgres://db', 'database-address'],
    ] as const) {
      const before = bench.env[name] ?? '';
      bench.env[name] = value;
      for (const args of [
        ['replica', 'add', '--name', 'x', '--url', 'http://x', '--token', 't'],
        ['sync', '--once'],
        ['status'],
        ['export-map', '--replica', '1'],
        ['start'],
      ]) {
        const ran = await bench.run(...args, '--json');
        assert.deepEqual([ran.code, (json(ran).error as { code: string }).code], [3, code], args.join(' '));
      }
      bench.env[name] = before;
    }
    assert.equal(bench.acquired, 0);
  });
});
