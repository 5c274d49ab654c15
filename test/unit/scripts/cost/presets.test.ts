import path from 'node:path';
import { type Bill, billOf } from '../../../../scripts/cost/bill';
import { render, usageOf } from '../../../../scripts/cost/main';
import { cacheShards, scaleGraph } from '../../../../scripts/cost/scale';
import { USAGE } from '../../../../scripts/cost/usage';
import { EVERYTHING, type Preset, readPreset } from '../../../../scripts/preset';
import { evaluateStack } from '../../../helpers/stack';
import { readDocument, tableOf } from '../../docs/document';

const PROJECT = path.resolve(__dirname, '../../../..');
const graphs: Partial<Record<Preset, Awaited<ReturnType<typeof evaluateStack>>>> = {};

beforeAll(async () => {
  for (const preset of ['dev', 'prod'] as const) {
    graphs[preset] = await evaluateStack({ stack: preset, config: readPreset(PROJECT, preset) });
  }
});

const bill = (preset: Preset, hours = 730): Bill =>
  billOf(graphs[preset]?.resources ?? [], { ...USAGE[preset], hours });

describe.each(['dev', 'prod'] as const)('%s', (preset) => {
  it('consists of what has a price, or costs nothing', () => {
    expect(bill(preset).unpriced).toEqual([]);
  });

  it('costs less than its budget', () => {
    expect(bill(preset).totalUsd).toBeLessThan(Number(readPreset(PROJECT, preset).monthlyBudgetUsd));
  });
});

test('whatever may be switched on has a price, or costs nothing', async () => {
  const everything = {
    ...EVERYTHING,
    ingest: 'public',
    ingestWebAclArn: 'arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/shop/a1b2c3',
  };
  const { resources } = await evaluateStack({ stack: 'prod', config: everything });
  expect(billOf(resources, USAGE.prod).unpriced).toEqual([]);
});

test('the README says what the presets and the larger design cost, to a fiftieth', async () => {
  const rows = tableOf(readDocument('README.md'), '| environment | use | USD a month |').map(([, , usd]) =>
    Number(usd),
  );
  const [dev, half, prod, scale] = rows as [number, number, number, number];
  const design = await scaleGraph(readPreset(PROJECT, 'prod'));
  for (const [said, is] of [
    [dev, bill('dev').totalUsd],
    [half, bill('dev', 365).totalUsd],
    [prod, bill('prod').totalUsd],
    [scale, billOf(design, USAGE.scale).totalUsd],
  ] as const) {
    expect(Math.abs(said - is) / is).toBeLessThan(0.02);
  }
});

test('the README says how long a test environment may be there for 50 to 70 USD', () => {
  const [, least, most] = /`dev` that is there for (\d+) to (\d+) of/.exec(readDocument('README.md')) ?? [];
  expect(bill('dev', Number(least)).totalUsd).toBeCloseTo(50, -1);
  expect(bill('dev', Number(least)).totalUsd).toBeGreaterThanOrEqual(50);
  expect(bill('dev', Number(most)).totalUsd).toBeCloseTo(70, -1);
  expect(bill('dev', Number(most)).totalUsd).toBeLessThanOrEqual(70);
});

test('histories of 10,000 transactions a second take six shards', () => {
  // 900 million transactions of 420 bytes, and 30 %, on nodes that hold 79 GiB each
  expect(cacheShards(600_000)).toBe(6);
});

describe('assumptions', () => {
  it('may be changed one by one', () => {
    expect(usageOf(USAGE.dev, { hours: '200' })).toEqual({ ...USAGE.dev, hours: 200 });
  });

  it('that are not known, or no number, are refused', () => {
    expect(() => usageOf(USAGE.dev, { hour: '200' })).toThrow('--use hour: use one of hours, ');
    expect(() => usageOf(USAGE.dev, { hours: '-1' })).toThrow('--use hours=-1: set it to a number from 0');
  });
});

test('the bill shows component, quantity, unit price and sum, and marks an estimated price', () => {
  const lines = render('dev', bill('dev'), USAGE.dev).split('\n');
  expect(lines).toContain(
    '    db.t4g.small                                730 x 0.05 ~       36.50  per instance-hour, Single-AZ',
  );
  expect(lines).toContain('    shards                                      730 x 0.0195       14.24  per shard-hour');
});
