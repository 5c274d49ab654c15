import { type Measured, needsOf, type Settings } from '../../../scripts/scale/model';

const SETTINGS: Settings = {
  recordBytes: 1_024,
  batchSize: 500,
  parallelizationFactor: 2,
  processorMemoryMib: 1_769,
  allowedLatenessMinutes: 54,
  cacheNodeCount: 2,
  databaseMultiAz: true,
  daysOnline: 90,
  zoneCount: 3,
};

const MEASURED: Measured = {
  redisBytesPerEntry: 32,
  dataPath: {
    cpuMicroseconds: { node: 30, redis: 20, postgres: 50 },
    databaseBytes: 1_000,
    walBytes: 1_097,
    databaseRows: 3,
  },
};

test('a thousand a second, worked by hand', () => {
  // 1,000 records a second of 1 KiB are 97.7 % of a shard by bytes and all of it by number, of which 70 % may be filled.
  const needs = needsOf(1_000, SETTINGS, MEASURED);
  expect(needs).toMatchObject({
    shards: 2,
    concurrencyLimit: 4,
    invocations: 4, // two shards read once a second, two batches each
    recordsAnInvocation: 250,
    cacheCpu: 0.02,
    databaseRowsPerSecond: 3_000,
    databaseCores: 0.05,
    databaseIops: 2_000,
    databaseMibPerSecond: 2_097_000 / 1_048_576,
  });
  // Three round trips of 2 ms and 250 records of 100 us.
  expect(needs.invocationMs).toBeCloseTo(31, 9);
  expect(needs.concurrency).toBeCloseTo(0.124, 9);
  // 25 hours of 1,000 transactions in four histories of 32 bytes, and three tenths more: 14,976,000,000 bytes.
  expect(needs.cacheMib).toBe(14_283);
  // Of 1,000 bytes each, 7,776,000,000 transactions in 90 days.
  expect(needs.databaseGib).toBe(7_242);
  expect(needs.databaseClass).toBe('db.t4g.medium');
});

test('a cache that no known node holds leaves the cost open and is the first to give out', () => {
  const needs = needsOf(30_000, SETTINGS, MEASURED);
  // cache.r7g.16xlarge has three quarters of 429,154 MiB for data, of which each transaction a second takes 14,976,000 bytes.
  expect(needs.cacheNodeType).toBeUndefined();
  expect(needs.dollarsAMonth).toBeUndefined();
  const memory = needs.limits.find(({ what }) => what === "memory of the cache's node");
  expect(memory?.perSecond).toBeCloseTo((321_865 * 1_048_576) / 14_976_000, 6);
});

test('what a hundred a second cost, worked by hand', () => {
  const needs = needsOf(100, SETTINGS, MEASURED);
  expect(needs).toMatchObject({
    shards: 1,
    invocations: 2,
    cacheMib: 1_429,
    cacheNodeType: 'cache.t4g.medium',
    databaseGib: 725,
  });
  const { stream, functions, cache, database, fixed } = needs.dollarsAMonth as Record<string, number>;
  expect(stream).toBeCloseTo(730 * 0.0195 + 262.8 * 0.0215, 6); // an hour's shard, 262.8 million units
  // Two a second of 6 ms and 50 records of 100 us, 1,769 MiB: 49,940 gigabyte-seconds; 5.256 million invocations.
  expect(functions).toBeCloseTo(2 * 0.011 * (1_769 / 1_024) * 2_628_000 * 0.0000133334 + 5.256 * 0.2, 6);
  expect(cache).toBeCloseTo(2 * 730 * 0.098, 6);
  expect(database).toBeCloseTo(2 * (730 * 0.101 + 725 * 0.138), 6);
  expect(fixed).toBeCloseTo(6 * 730 * 0.014 + 7.884 * 0.76, 6); // 7.884 GB of logs
});

test('little traffic comes one record at a time, much of it in full batches', () => {
  expect(needsOf(0.5, SETTINGS, MEASURED)).toMatchObject({ invocations: 0.5, recordsAnInvocation: 1 });
  expect(needsOf(1_400, { ...SETTINGS, batchSize: 100 }, MEASURED)).toMatchObject({
    invocations: 14,
    recordsAnInvocation: 100,
  });
});

test('less memory than a core’s makes the function slower, more makes it no faster', () => {
  const ms = (processorMemoryMib: number) => needsOf(1_000, { ...SETTINGS, processorMemoryMib }, MEASURED).invocationMs;
  expect(ms(884.5)).toBeCloseTo(6 + 250 * 0.13, 9);
  expect(ms(10_240)).toBeCloseTo(31, 9);
});

test('an instance that holds ninety days may hold thirty days of three times the load', () => {
  expect(needsOf(10_000, SETTINGS, MEASURED).databaseClass).toBeUndefined();
  expect(needsOf(10_000, { ...SETTINGS, daysOnline: 30 }, MEASURED)).toMatchObject({
    databaseClass: 'db.t4g.medium',
    databaseGib: 24_140,
  });
});

test.each([
  ["the cache's one thread", { redis: 20_000 }, 35],
  ["the database's cores", { postgres: 1_000_000 }, 32],
])('%s gives out first where it is what is slow', (what, slow, perSecond) => {
  const { cpuMicroseconds } = MEASURED.dataPath;
  const measured = {
    ...MEASURED,
    dataPath: { ...MEASURED.dataPath, cpuMicroseconds: { ...cpuMicroseconds, ...slow } },
  };
  expect(needsOf(1, SETTINGS, measured).limits[0]).toEqual({ what, perSecond });
});
