import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkFiles, OptionError, parseOptions } from '../../../local/options';

const NONE = {
  archive: false,
  ingest: false,
  exit: false,
  input: undefined,
  report: undefined,
  rules: undefined,
  speed: 'max',
  verdicts: undefined,
};

describe('parseOptions', () => {
  test('without options streams generated traffic', () => {
    expect(parseOptions([])).toEqual(NONE);
  });

  test('reads every option and makes paths absolute', () => {
    const line =
      '--input in.gz --speed 60 --rules rules.json --report r.json --verdicts v.ndjson --archive --ingest --exit';
    expect(parseOptions(line.split(' '))).toEqual({
      input: resolve('in.gz'),
      speed: 60,
      rules: resolve('rules.json'),
      report: resolve('r.json'),
      verdicts: resolve('v.ndjson'),
      archive: true,
      ingest: true,
      exit: true,
    });
  });

  test.each([['--help'], ['-h']])('%s asks for help, whatever else is there', (option) => {
    expect(parseOptions([option, '--exit'])).toBe('help');
  });

  test.each([
    ['0.5', 0.5],
    ['1000000', 1_000_000],
    ['max', 'max'],
  ])('takes speed %s', (text, speed) => {
    expect(parseOptions(['--input', 'a', '--speed', text])).toEqual({ ...NONE, input: resolve('a'), speed });
  });

  test.each([
    [
      ['--input', 'a', '--speed', '0'],
      '--speed: "0" is not a speed; give max or a number above 0 and up to 1000000 (1 is real time)',
    ],
    [
      ['--input', 'a', '--speed', '1000001'],
      '--speed: "1000001" is not a speed; give max or a number above 0 and up to 1000000 (1 is real time)',
    ],
    [
      ['--input', 'a', '--speed', '1e3'],
      '--speed: "1e3" is not a speed; give max or a number above 0 and up to 1000000 (1 is real time)',
    ],
    [['--speed', '2'], '--speed: is about a file, and no --input was given; add --input FILE or leave it out'],
    [['--exit'], '--exit: is about a file, and no --input was given; add --input FILE or leave it out'],
    [['--input', ''], '--input: the path is empty; name a file'],
    [['--input', 'a', '--report', './a'], '--report: is the same file as --input; name another one'],
    [['--report', 'r', '--verdicts', 'r'], '--verdicts: is the same file as --report; name another one'],
    [['--fast'], "Unknown option '--fast'; npm start -- --help lists the options"],
    [['--input'], "Option '--input <value>' argument missing; npm start -- --help lists the options"],
    [['file.ndjson'], "Unexpected argument 'file.ndjson'; npm start -- --help lists the options"],
  ])('refuses %j', (argv, message) => {
    expect(() => parseOptions(argv)).toThrow(new OptionError(message));
  });
});

describe('checkFiles', () => {
  let folder: string;
  const check = (options: object) => checkFiles({ ...NONE, speed: 'max', ...options });
  const inFolder = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tap-options-'));
    writeFileSync(inFolder('in.ndjson'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('accepts files that can be read and written, and leaves nothing behind', async () => {
    const rules = resolve('processor/rules/rule-set.json');
    await check({ input: inFolder('in.ndjson'), rules, report: inFolder('r.json'), verdicts: inFolder('v.ndjson') });
    expect(readdirSync(folder)).toEqual(['in.ndjson']);
  });

  test.each([
    ['input', 'missing.ndjson', 'does not exist; check the path'],
    ['input', '.', 'is a directory; name a file'],
    ['input', 'in.ndjson/x', 'has a file where a directory should be; check the path'],
    ['rules', 'missing.json', 'does not exist; check the path'],
    ['report', '.', 'is not a regular file; name a file'],
  ])('names --%s %s as what %s', async (name, file, problem) => {
    const path = join(folder, file);
    await expect(check({ [name]: path })).rejects.toThrow(new OptionError(`--${name}: ${path} ${problem}`));
  });

  test.each(['report', 'verdicts'])('names the directory that --%s cannot be written to', async (name) => {
    const path = inFolder('missing/file');
    await expect(check({ [name]: path })).rejects.toThrow(
      new OptionError(
        `--${name}: ${inFolder('missing')} does not exist; name a file in a directory that can be written to`,
      ),
    );
  });

  test('says what is wrong with a rule set', async () => {
    writeFileSync(inFolder('rules.json'), '{"version": "x y", "cutoffs": {"review": 40, "block": 90}, "rules": {}}');
    await expect(check({ rules: inFolder('rules.json') })).rejects.toThrow(
      /^--rules: .*rules\.json is not a valid rule set: The rule set is not valid:\n- version: found a text of 3 characters; set 1 to 64 of the characters A-Z a-z 0-9 \. _ -\n/,
    );
  });
});
