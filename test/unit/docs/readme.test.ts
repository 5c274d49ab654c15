import path from 'node:path';
import { loadConfig } from '../../../lib/config';
import { checkSuffix } from '../../../lib/naming';
import { ConfigError } from '../../../lib/settings';
import { CACHE_NODE_TYPES, cacheProblem, shardsFor, usableMib } from '../../../lib/sizing';
import { USAGE } from '../../../local/options';
import { mockPulumi } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';
import { codeBlocks, PROJECT, plain, readDocument, tableOf } from './document';

const readme = readDocument('README.md');
const settings = tableOf(readme, '| key | default | limits | what it sets |').map(([key, value, limits]) => ({
  key: plain(key as string),
  value: plain(value as string),
  limits: plain(limits as string),
}));

const ENVIRONMENT = process.env.ENVIRONMENT_SUFFIX;
beforeAll(() => {
  delete process.env.ENVIRONMENT_SUFFIX;
});
afterAll(() => {
  if (ENVIRONMENT !== undefined) process.env.ENVIRONMENT_SUFFIX = ENVIRONMENT;
});

async function load(config: Record<string, string> = {}) {
  await mockPulumi({ config });
  return loadConfig();
}

/** What is wrong with one setting; undefined when nothing is. */
async function problemOf(key: string, value: string): Promise<string | undefined> {
  try {
    await load({ [key]: value });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.find((problem) => problem.startsWith(`tap-stack:${key} `));
  }
}

describe('README.md: configuration', () => {
  test('names every setting and no other', async () => {
    const problem = await problemOf('noSuchSetting', 'x');
    const known = /use one of (.*)$/.exec(problem ?? '')?.[1]?.split(', ');
    expect(settings.map(({ key }) => key).sort()).toEqual(known);
  });

  test('says the default of every setting', async () => {
    const inWords: Record<string, unknown> = {
      environmentSuffix: 'dev',
      region: 'ap-northeast-1',
      availabilityZones: [],
      shardCount: 1,
      producerPrincipals: [],
      operatorPrincipals: [],
      dbSecretName: 'rds-credentials-dev',
      dbSecretKeyArn: undefined,
      ruleSetFile: path.join(PROJECT, 'processor/rules/rule-set.json'),
    };
    const documented = settings.map(({ key, value }) => {
      if (key in inWords) return [key, inWords[key]];
      if (value === 'none') return [key, undefined];
      return [key, value];
    });
    const config = Object.entries(await load()).map(([key, value]) => {
      const asText = typeof value === 'number' || typeof value === 'boolean';
      return [key, asText && !(key in inWords) ? String(value) : value];
    });
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(config));
  });

  const ranges = settings.flatMap(({ key, limits }) => {
    const [, min, max] = /(?:^|, )(\d+) to (\d+)$/.exec(limits) ?? [];
    return min === undefined ? [] : [{ key, min: Number(min), max: Number(max) }];
  });

  test.each(ranges)('$key takes $min to $max', async ({ key, min, max }) => {
    const said = `from ${min} to ${max}`;
    expect(await problemOf(key, String(min - 1))).toContain(said);
    expect(await problemOf(key, String(max + 1))).toContain(said);
  });

  test('no range was overlooked', () => {
    const numbers = settings.filter(({ key, value }) => /^\d+$/.test(value) && key !== 'databaseEngineMajor');
    expect(ranges.map(({ key }) => key).filter((key) => key !== 'shardCount')).toEqual(numbers.map(({ key }) => key));
  });

  const choices = settings.filter(({ limits }) => /^[\w.]+(, [\w.]+)+$/.test(limits));

  test.each(choices)('$key takes $limits and nothing else', async ({ key, limits }) => {
    expect(await problemOf(key, 'something-else')).toContain(`set it to one of ${limits}`);
  });

  test('no choice was overlooked', () => {
    expect(choices.map(({ key }) => key)).toEqual([
      'ephemeral',
      'streamMode',
      'cacheEngine',
      'cacheNodeType',
      'databaseEngineMajor',
      'databaseMultiAz',
    ]);
  });

  test('says how long a suffix may be', () => {
    const { limits } = settings.find(({ key }) => key === 'environmentSuffix') ?? { limits: '' };
    const longest = Number(/up to (\d+) characters/.exec(limits)?.[1]);
    expect(() => checkSuffix('a'.repeat(longest))).not.toThrow();
    expect(() => checkSuffix('a'.repeat(longest + 1))).toThrow('choose a shorter one');
  });

  test('says what each cache node holds', () => {
    const rows = tableOf(
      readme,
      '| `cacheNodeType` | memory for data, MiB | largest `peakTransactionsPerMinute` |',
    ).map(([type, memory, peak]) => ({
      type: plain(type as string),
      memory: Number(memory),
      peak: Number(peak),
    }));
    expect(rows.map(({ type }) => type)).toEqual(CACHE_NODE_TYPES);
    for (const { type, memory, peak } of rows) {
      expect(usableMib(type)).toBe(memory);
      expect(cacheProblem(type, peak)).toBeUndefined();
      expect(cacheProblem(type, peak + 1)).toContain(`is ${type} with ${memory} MiB`);
    }
  });

  test('says at which share of a shard the stream is sized', () => {
    expect(readme).toContain('at 70 % of a shard');
    expect(shardsFor({ transactionsPerMinute: 42_000, recordBytes: 1_024 })).toBe(1);
    expect(shardsFor({ transactionsPerMinute: 42_001, recordBytes: 1_024 })).toBe(2);
  });
});

test('README.md names every output of the stack and no other', async () => {
  const documented = tableOf(readme, '| output | what |').flatMap(([outputs]) => plain(outputs as string).split(', '));
  const { stackOutputs } = await evaluateStack();
  expect(documented.sort()).toEqual(Object.keys(stackOutputs).sort());
});

test('README.md shows the options of npm start', () => {
  expect(codeBlocks(readme, 'text')[0]).toBe(USAGE);
});
