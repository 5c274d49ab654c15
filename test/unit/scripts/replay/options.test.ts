import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseOptions, USAGE } from '../../../../scripts/replay/options';

const folder = mkdtempSync(join(tmpdir(), 'tap-replay-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DEFAULT = 'processor/rules/rule-set.json';
const defaultRuleSet = JSON.parse(readFileSync(DEFAULT, 'utf8'));
const input = join(folder, 'in.ndjson');
writeFileSync(input, '');
const broken = join(folder, 'broken.json');
writeFileSync(broken, '{}');

const SPAN = ['--from', '2026-04-01', '--to', '2026-04-08'];

test('a span of what the stack has stored, between two midnights in Japan', async () => {
  expect(await parseOptions(['--candidate', 'jpy-3', ...SPAN])).toEqual({
    candidate: 'jpy-3',
    from: Date.UTC(2026, 2, 31, 15),
    to: Date.UTC(2026, 3, 7, 15),
    examples: 10,
  });
});

test('rule sets from files, times with their offset, and every output', async () => {
  const [json, html] = [join(folder, 'out.json'), join(folder, 'out.html')];
  const times = ['--from', '2026-04-01T09:30:00+09:00', '--to', '2026-04-01T00:30:00.001Z'];
  const argv = [
    '--candidate',
    DEFAULT,
    '--baseline',
    'jpy-1',
    '--examples',
    '0',
    '--json',
    json,
    '--html',
    html,
    ...times,
  ];
  expect(await parseOptions(argv)).toEqual({
    candidate: defaultRuleSet,
    baseline: 'jpy-1',
    from: Date.UTC(2026, 3, 1, 0, 30),
    to: Date.UTC(2026, 3, 1, 0, 30) + 1,
    examples: 0,
    json,
    html,
  });
});

test('a file, by default as a whole and against the default rule set', async () => {
  const candidate = 'processor/rules/examples/jpy-usd.json';
  expect(await parseOptions(['--input', input, '--candidate', candidate])).toEqual({
    input: resolve(input),
    candidate: JSON.parse(readFileSync(candidate, 'utf8')),
    baseline: defaultRuleSet,
    examples: 10,
  });
});

test('help', async () => {
  expect(await parseOptions(['--help'])).toBe('help');
  expect(USAGE).toContain('Exit codes: 0 done, 1 something broke, 2 bad option, 130 interrupted.');
});

test.each<[string, string[], string]>([
  ['an unknown option', ['--speed', '1'], "Unknown option '--speed'; npm run replay -- --help lists the options"],
  ['no candidate', SPAN, '--candidate: is missing; name a rule-set file or the version of a proposed rule set'],
  [
    'no span',
    ['--candidate', 'x'],
    '--from: is missing; without --input name the span, as --from 2026-04-01 --to 2026-04-08',
  ],
  ['half a span', ['--candidate', 'x', '--from', '2026-04-01'], '--to: is missing; without --input name the span'],
  [
    'no time',
    ['--candidate', 'x', '--from', '2026-4-1', '--to', '2026-04-08'],
    '--from: is not a time; give a day in Japan as 2026-04-01',
  ],
  ['no offset', ['--candidate', 'x', '--from', '2026-04-01T00:00:00', '--to', '2026-04-08'], '--from: is not a time'],
  ['an empty span', ['--candidate', 'x', '--from', '2026-04-01', '--to', '2026-04-01'], '--to: is not after --from'],
  [
    'examples that are none',
    ['--candidate', 'x', ...SPAN, '--examples', '1.5'],
    '--examples: is not a whole number from 0 to 200',
  ],
  [
    'too many examples',
    ['--candidate', 'x', ...SPAN, '--examples', '201'],
    '--examples: is not a whole number from 0 to 200',
  ],
  ['a version with a file', ['--input', input, '--candidate', 'jpy-3'], '--candidate: '],
  [
    'no rule set',
    ['--candidate', broken, ...SPAN],
    `--candidate: ${broken} is not a valid rule set. The rule set is not valid:`,
  ],
  [
    'a missing file',
    ['--candidate', `${folder}/none.json`, ...SPAN],
    `--candidate: ${folder}/none.json does not exist; check the path`,
  ],
  [
    'a missing input',
    ['--candidate', DEFAULT, '--input', `${folder}/none`],
    `--input: ${folder}/none does not exist; check the path`,
  ],
  ['an empty path', ['--candidate', 'x', ...SPAN, '--json', ''], '--json: the path is empty; name a file'],
  [
    'one file for two outputs',
    ['--candidate', 'x', ...SPAN, '--json', 'a', '--html', './a'],
    '--html: is the same file as --json; name another one',
  ],
  [
    'the input as an output',
    ['--candidate', DEFAULT, '--input', input, '--html', input],
    '--html: is the file of --input; name another one',
  ],
  [
    'nowhere to write',
    ['--candidate', 'x', ...SPAN, '--json', `${folder}/no/a`],
    `--json: ${folder}/no does not exist; name a file in a directory that can be written to`,
  ],
])('refuses %s', async (_, argv, message) => {
  await expect(parseOptions(argv)).rejects.toThrow(message);
  await expect(parseOptions(argv)).rejects.toMatchObject({ name: 'OptionError' });
});
