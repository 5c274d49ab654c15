import fc from 'fast-check';
import {
  CACHE_NODE_TYPES,
  cacheProblem,
  historyMib,
  reservedMemoryPercent,
  shardsFor,
  usableMib,
} from '../../../lib/sizing';

const peak = (transactionsPerMinute: number, recordBytes = 1_024) => ({ transactionsPerMinute, recordBytes });

describe('shardsFor', () => {
  it.each([
    ['1,000 a minute fill a fraction of one shard', peak(1_000), 1],
    ['42,000 a minute are 700 a second, all that one shard is given', peak(42_000), 1],
    ['42,001 a minute take a second one', peak(42_001), 2],
    ['3,000 a second of 1 KiB take 5', peak(180_000), 5],
    ['large records are bound by bytes: 100 a second of 16 KiB are 1.6 MiB', peak(6_000, 16_384), 3],
  ])('%s', (_, load, shards) => {
    expect(shardsFor(load)).toBe(shards);
  });

  it('never falls as the load grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 }), (a, b) => {
        expect(shardsFor(peak(a + b))).toBeGreaterThanOrEqual(shardsFor(peak(a)));
      }),
    );
  });
});

describe('memory of the histories', () => {
  it('is 420 bytes a transaction for 25.1 hours with an hour of lateness, and 30 % more', () => {
    expect(historyMib(1_000, 60)).toBe(Math.ceil((1_000 * 60 * 25.1 * 420 * 1.3) / 1_048_576));
    expect(historyMib(1_000, 60)).toBe(785);
  });

  it('follows the allowed lateness, which at its longest nearly doubles it', () => {
    expect(historyMib(1_000, 0)).toBe(753);
    expect(historyMib(1_000, 1_440)).toBe(1_503);
  });

  it('is compared with what a node leaves beside its reserve', () => {
    expect(CACHE_NODE_TYPES.map((type) => [type, reservedMemoryPercent(type), usableMib(type)])).toEqual([
      ['cache.t4g.micro', 50, 256],
      ['cache.t4g.small', 30, 982],
      ['cache.t4g.medium', 25, 2_373],
      ['cache.m7g.large', 25, 4_902],
      ['cache.r7g.large', 25, 10_040],
      ['cache.r7g.xlarge', 25, 20_214],
      ['cache.r7g.2xlarge', 25, 40_562],
      ['cache.r7g.4xlarge', 25, 81_259],
      ['cache.r7g.8xlarge', 25, 160_932],
      ['cache.r7g.12xlarge', 25, 244_049],
      ['cache.r7g.16xlarge', 25, 321_865],
    ]);
    expect(() => usableMib('cache.x9.large')).toThrow(new RangeError('the memory of cache.x9.large is not known'));
  });

  it('accepts a node that suffices, and names the smallest one that would', () => {
    expect(cacheProblem('cache.t4g.small', 1_000, 60)).toBeUndefined();
    expect(cacheProblem('cache.t4g.micro', 1_000, 60)).toBe(
      'is cache.t4g.micro with 256 MiB for data, and 24 hours and 60 minutes at 1000 transactions a minute need 785 MiB: choose cache.t4g.small',
    );
    expect(cacheProblem('cache.t4g.small', 10_000, 60)).toMatch(/need 7842 MiB: choose cache.r7g.large$/);
    expect(cacheProblem('cache.r7g.large', 1_000_000, 60)).toMatch(/: no single node holds that: lower the peak$/);
  });
});
