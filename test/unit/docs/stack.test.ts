import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Alarm } from '../../../lib/alarm';
import { alarms } from '../../../lib/alarms';
import { loadConfig } from '../../../lib/config';
import { FLOWS, PORTS } from '../../../lib/flows';
import { ALARM_PURPOSES, checkSuffix, Names } from '../../../lib/naming';
import { ConfigError } from '../../../lib/settings';
import { CACHE_NODE_TYPES, cacheProblem, shardsFor, usableMib } from '../../../lib/sizing';
import { USAGE } from '../../../local/options';
import { SOURCES } from '../../../processor/audit-chain';
import { EVERYTHING } from '../../../scripts/preset';
import { mockPulumi, policyOf } from '../../helpers/pulumi';
import { evaluateStack } from '../../helpers/stack';
import { codeBlocks, PROJECT, plain, readDocument, tableOf } from './document';

const readme = readDocument('README.md');
const operations = readDocument('docs/operations.md');
const security = readDocument('docs/security.md');

const ENVIRONMENT = process.env.ENVIRONMENT_SUFFIX;
let evaluated: Awaited<ReturnType<typeof evaluateStack>>;

beforeAll(async () => {
  delete process.env.ENVIRONMENT_SUFFIX;
  evaluated = await evaluateStack({ config: { ingest: 'private', ingestDailyQuota: '100000' } });
});
afterAll(() => {
  if (ENVIRONMENT !== undefined) process.env.ENVIRONMENT_SUFFIX = ENVIRONMENT;
});

describe('README.md', () => {
  const settings = tableOf(readme, '| key | default | limits | what it sets |').map(([key, value, limits]) => ({
    key: plain(key as string),
    value: value === 'none' ? undefined : plain(value as string),
    limits: plain(limits as string),
  }));

  async function load(config: Record<string, string> = {}) {
    await mockPulumi({ config });
    return loadConfig();
  }

  /** What is said of each of these settings when they are refused. */
  async function problems(config: [key: string, value: string][]): Promise<(string | undefined)[]> {
    const error = await load(Object.fromEntries(config)).catch((thrown: unknown) => thrown);
    if (!(error instanceof ConfigError)) throw error;
    return config.map(([key]) => error.problems.find((problem) => problem.startsWith(`tap-stack:${key} `)));
  }

  test('names every setting and no other', async () => {
    const [problem] = await problems([['noSuchSetting', 'x']]);
    const known = /use one of (.*)$/.exec(problem ?? '')?.[1]?.split(', ');
    expect(settings.map(({ key }) => key).sort()).toEqual(known);
  });

  test('says the default of every setting', async () => {
    const inWords: Record<string, unknown> = {
      environmentSuffix: 'dev',
      region: 'ap-northeast-1',
      availabilityZones: [],
      endpointZoneCount: 3,
      egressFunctions: [],
      shardCount: 1,
      producerPrincipals: [],
      operatorPrincipals: [],
      approverPrincipals: [],
      ingest: 'none',
      ingestVpcEndpointIds: [],
      dbSecretName: 'rds-credentials-dev',
      dbSecretKeyArn: undefined,
      ruleSetFile: path.join(PROJECT, 'processor/rules/rule-set.json'),
    };
    const documented = settings.map(({ key, value }) => {
      if (key in inWords) return [key, inWords[key]];
      return [key, value];
    });
    const config = Object.entries(await load()).map(([key, value]) => {
      const asText = ['number', 'boolean'].includes(typeof value) && !(key in inWords);
      return [key, asText ? String(value) : value];
    });
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(config));
  });

  test('says the range of every number', async () => {
    const ranges = settings.flatMap(({ key, limits }) => {
      const [, min, max] = /(?:^|, )(\d+) to (\d+)$/.exec(limits) ?? [];
      return min === undefined ? [] : [{ key, min: Number(min), max: Number(max) }];
    });
    const numbers = settings.filter(({ key, value }) => /^\d+$/.test(value ?? '') && key !== 'databaseEngineMajor');
    const computed = ['endpointZoneCount', 'shardCount', 'ingestDailyQuota', 'monthlyBudgetUsd'];
    expect(ranges.map(({ key }) => key).filter((key) => !computed.includes(key))).toEqual(
      numbers.map(({ key }) => key),
    );

    const said = ranges.map(({ min, max }) => expect.stringContaining(`from ${min} to ${max}`));
    expect(await problems(ranges.map(({ key, min }) => [key, String(min - 1)]))).toEqual(said);
    expect(await problems(ranges.map(({ key, max }) => [key, String(max + 1)]))).toEqual(said);
  });

  test('says what every choice is between', async () => {
    const choices = settings.filter(({ limits }) => /^[\w.]+(, [\w.]+)+$/.test(limits));
    expect(choices.map(({ key }) => key)).toEqual([
      'ephemeral',
      'publicSubnets',
      'natGateways',
      'streamMode',
      'cacheEngine',
      'cacheNodeType',
      'databaseEngineMajor',
      'databaseMultiAz',
      'archive',
      'ingest',
      'auditTrail',
    ]);
    expect(await problems(choices.map(({ key }) => [key, 'something-else']))).toEqual(
      choices.map(({ limits }) => expect.stringContaining(`set it to one of ${limits}`)),
    );
  });

  test('says how long a suffix may be', () => {
    const { limits } = settings.find(({ key }) => key === 'environmentSuffix') ?? { limits: '' };
    const longest = Number(/up to (\d+) characters/.exec(limits)?.[1]);
    expect(() => checkSuffix('a'.repeat(longest))).not.toThrow();
    expect(() => checkSuffix('a'.repeat(longest + 1))).toThrow('choose a shorter one');
  });

  test('says what each cache node holds', () => {
    const header = '| `cacheNodeType` | memory for data, MiB | largest `peakTransactionsPerMinute` |';
    const rows = tableOf(readme, header).map(([type, memory, peak]) => ({
      type: plain(type as string),
      memory: Number(memory),
      peak: Number(peak),
    }));
    expect(rows.map(({ type }) => type)).toEqual(CACHE_NODE_TYPES);
    for (const { type, memory, peak } of rows) {
      expect(usableMib(type)).toBe(memory);
      expect(cacheProblem(type, peak, 60)).toBeUndefined();
      expect(cacheProblem(type, peak + 1, 60)).toContain(`is ${type} with ${memory} MiB`);
    }
  });

  test('says at which share of a shard the stream is sized', () => {
    expect(readme).toContain('at 70 % of a shard');
    expect(shardsFor({ transactionsPerMinute: 42_000, recordBytes: 1_024 })).toBe(1);
    expect(shardsFor({ transactionsPerMinute: 42_001, recordBytes: 1_024 })).toBe(2);
  });

  test('names every output and no other', async () => {
    const everything = await evaluateStack({ config: EVERYTHING });
    const documented = tableOf(readme, '| output | what |').flatMap(([names]) => plain(names as string).split(', '));
    expect(documented.sort()).toEqual(Object.keys(everything.stackOutputs).sort());
  });

  test('shows the options of npm start', () => {
    expect(codeBlocks(readme, 'text')[0]).toBe(USAGE);
  });
});

describe('docs/operations.md', () => {
  const rows = tableOf(operations, '| alarm | condition | what it means and what to do |');

  function condition(alarm: Alarm): string {
    const { metricName, statistic, threshold, evaluationPeriods, period } = alarm;
    const operator = alarm.comparisonOperator === 'GreaterThanThreshold' ? '>' : '<';
    const missing = alarm.treatMissingData === 'breaching' ? ', or no data' : '';
    return `\`${metricName}\` ${statistic} ${operator} ${threshold} in ${evaluationPeriods} x ${period} s${missing}`;
  }

  test('names every alarm', () => {
    expect(rows.map(([alarm]) => plain(alarm as string))).toEqual(ALARM_PURPOSES);
  });

  test('says when each goes off with the default configuration', () => {
    const defaults = alarms({
      streamName: 'stream',
      processorFunctionName: 'function',
      eventSourceMappingId: 'mapping',
      publisherFunctionName: 'publisher',
      operations: { functionName: 'operations', fraudWarningPercent: 80 },
      cacheNodeIds: ['node'],
      dbInstanceIdentifier: 'database',
      databaseStorageGib: 100,
      peakTransactionsPerMinute: 1_000,
      archive: { deliveryStreamName: 'delivery', functionName: 'archiver', bufferSeconds: 300 },
      ingest: { apiName: 'ingest', peakTransactionsPerMinute: 1_000 },
    });
    const documented = Object.fromEntries(rows.map(([alarm, when]) => [plain(alarm as string), when]));
    expect(documented).toEqual(Object.fromEntries(defaults.map((alarm) => [alarm.purpose, condition(alarm)])));
  });

  test('names alarms, rules and dashboard as the stack does', () => {
    const names = new Names('suffix');
    const all = [
      names.alarm('cache-memory', 1),
      names.of('keyEventsRule'),
      names.of('trailEventsRule'),
      names.of('publishRule'),
      names.of('rebuildRule'),
      names.of('verifyChainRule'),
      names.of('merchantsAtRiskRule'),
      names.of('dashboard'),
    ];
    const missing = all.filter((name) => !operations.includes(`\`${name.replace(/suffix$/, '<suffix>')}\``));
    expect(missing).toEqual([]);
  });

  test.each([
    ['stream function', 'processor/handler.ts', 11],
    ['publisher', 'processor/publisher.ts', 3],
    ['operations function', 'processor/operations/verify-chain.ts', 2],
    ['operations function', 'processor/operations/merchants-at-risk.ts', 1],
    ['archive', 'processor/archive.ts', 4],
  ])('names every metric of the %s', (_, file, count) => {
    const metrics = [...readDocument(file).matchAll(/addMetric\('(\w+)'/g)].map(([, name]) => `\`${name}\``);
    expect(metrics).toHaveLength(count);
    expect(metrics.filter((metric) => !operations.includes(metric))).toEqual([]);
  });

  test('names every table and view of the schema', () => {
    const migrations = readdirSync(path.join(PROJECT, 'processor/migrations')).filter((file) => file.endsWith('.sql'));
    const sources = [...migrations.map((file) => `migrations/${file}`), 'operations/migrate.ts'];
    const sql = sources.map((file) => readDocument(`processor/${file}`)).join('\n');
    const created = [...sql.matchAll(/CREATE (?:TABLE|VIEW) (?:IF NOT EXISTS )?tap\.(\w+)/g)].map(([, name]) => name);
    const documented = tableOf(operations, '| table or view | one row is |').map(([name]) => plain(name as string));
    expect(documented.sort()).toEqual([...new Set(created)].sort());
  });
});

describe('docs/security.md', () => {
  test('lists what the audit chain covers, in its order', () => {
    const names = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    const columns = (of: readonly string[]) => of.map((column) => column.replace(/^[rs]\./, ''));
    expect(
      tableOf(security, '| `source` | other columns, in this order | personal columns |').map((row) => row.map(names)),
    ).toEqual(
      Object.entries(SOURCES).map(([source, { fields, personal }]) => [[source], columns(fields), columns(personal)]),
    );
  });

  test('lists every permitted flow', () => {
    const flows = FLOWS.map(({ from, to, port }) => [from, to, String(PORTS[port])]);
    expect(tableOf(security, '| from | to | port |')).toEqual(flows);
  });

  test('lists every interface endpoint with what it permits', () => {
    const made = evaluated
      .ofType('aws:ec2/vpcEndpoint:VpcEndpoint')
      .filter(({ inputs }) => inputs.vpcEndpointType === 'Interface')
      .map((endpoint) => [
        endpoint.inputs.serviceName.split('.').at(-1),
        policyOf(endpoint).Statement.map(({ Action }) => Action),
      ]);
    const rows = tableOf(security, '| endpoint | for | permits |').map(([endpoint, , permits]) => [
      plain(endpoint as string),
      [plain((permits as string).split(' on ')[0] as string)],
    ]);
    expect(rows).toEqual(made.sort());
  });

  test.each(['processor', 'operations'])('lists what the cache user of %s may do', (member) => {
    const { accessString } = evaluated.find('aws:elasticache/user:User', `tap-cache-${member}`).inputs;
    expect(accessString).toMatch(/^on ~history:\* -@all( \+[a-z|]+)+$/);
    const commands = [...accessString.matchAll(/\+(\S+)/g)].map(([, command]) => `\`${command.replace('|', '\\|')}\``);
    expect(security).toContain(`${commands.join(', ')} on keys \`history:*\``);
  });
});
