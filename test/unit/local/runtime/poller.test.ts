import type { Discarded } from '../../../../local/runtime/failure-destination';
import type { InvokeResult } from '../../../../local/runtime/function';
import type { Mapping, StreamRecord } from '../../../../local/runtime/mapping';
import { StreamPoller } from '../../../../local/runtime/poller';
import type { BatchReport, FailedBatch } from '../../../../local/runtime/reports';
import type { StreamSource } from '../../../../local/runtime/stream';
import { mapping, numbers, records, SHARD } from './fixtures';

const STORED: InvokeResult = { result: { batchItemFailures: [] } };

/** A stream of these shards, which tells how many records were read. */
function streamOf(shards: Record<string, StreamRecord[]>) {
  const read = { records: 0, limits: [] as number[] };
  const source: StreamSource = {
    shards: async () => Object.keys(shards),
    reader: async (shardId) => {
      const left = [...(shards[shardId] ?? [])];
      return {
        read: async (limit) => {
          const next = left.splice(0, limit);
          read.records += next.length;
          if (next.length > 0) read.limits.push(limit);
          return next;
        },
      };
    },
  };
  return { source, read };
}

interface Run {
  stream: StreamSource;
  settings?: Partial<Mapping>;
  invoke(list: readonly StreamRecord[], shardId: string): Promise<InvokeResult>;
}

/** A poller that runs, and everything it reports. */
async function start({ stream, settings, invoke }: Run) {
  const kept: Discarded[] = [];
  const poller = new StreamPoller({
    mapping: mapping(settings),
    stream,
    invoke,
    keepFailed: async (discarded) => {
      kept.push(discarded);
      return 's3://failed/key';
    },
  });
  const batches: BatchReport[] = [];
  const failed: FailedBatch[] = [];
  poller.on('batch', (report) => batches.push(report));
  poller.on('failed', (report) => failed.push(report));
  await poller.start();
  return { poller, kept, batches, failed };
}

test('every record of every shard is handed over once, and is settled', async () => {
  const { source } = streamOf({ [SHARD]: records(250), 'shardId-000000000001': records(30) });
  const seen: Record<string, number[]> = {};
  const { poller, batches } = await start({
    stream: source,
    invoke: async (list, shardId) => {
      seen[shardId] = [...(seen[shardId] ?? []), ...numbers(list)];
      return STORED;
    },
  });
  await poller.drained(280);
  await poller.stop();
  expect(seen[SHARD]).toEqual(numbers(records(250)));
  expect(seen['shardId-000000000001']).toEqual(numbers(records(30)));
  expect([poller.settledRecords, poller.failedRecords]).toEqual([280, 0]);
  expect(batches.map(({ shardId, records: count }) => [shardId, count])).toEqual(
    expect.arrayContaining([
      [SHARD, 100],
      ['shardId-000000000001', 30],
    ]),
  );
});

test('a report carries sequence numbers, arrivals and the latency of what was stored', async () => {
  const arrival = Date.now() - 5_000;
  const { source } = streamOf({ [SHARD]: records(3, { arrival }) });
  const { poller, batches } = await start({ stream: source, invoke: async () => STORED });
  await poller.drained(3);
  await poller.stop();
  const [report] = batches as [BatchReport];
  expect(report).toMatchObject({
    shardId: SHARD,
    records: 3,
    stored: 3,
    attempt: 1,
    firstSequenceNumber: '000001',
    lastSequenceNumber: '000003',
    oldestArrival: arrival,
    outcome: 'stored',
  });
  expect(report.latenciesMs).toEqual(Array(3).fill(report.endedAt - arrival));
});

test('lanes work at the same time, and the records of a key keep their order', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `customer-${index}`);
  const all = records(400).map((record, index) => ({ ...record, partitionKey: keys[index % keys.length] ?? '' }));
  const { source } = streamOf({ [SHARD]: all });
  const order = new Map<string, number[]>();
  let running = 0;
  let most = 0;
  const { poller } = await start({
    stream: source,
    settings: { parallelizationFactor: 4, batchSize: 10 },
    invoke: async (list) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, list.length % 3));
      for (const record of list)
        order.set(record.partitionKey, [...(order.get(record.partitionKey) ?? []), Number(record.sequenceNumber)]);
      running--;
      return STORED;
    },
  });
  await poller.drained(400);
  await poller.stop();
  expect(most).toBe(4);
  for (const key of keys) {
    const sent = all.filter(({ partitionKey }) => partitionKey === key);
    expect(order.get(key)).toEqual(numbers(sent));
  }
});

test('no more is read than two batches a lane while the function works', async () => {
  const { source, read } = streamOf({ [SHARD]: records(1_000) });
  let release: (result: InvokeResult) => void = () => undefined;
  const { poller } = await start({
    stream: source,
    settings: { batchSize: 50 },
    invoke: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(read.records).toBe(100);
  const stopping = poller.stop();
  release(STORED);
  await stopping;
  expect(read.records).toBe(100);
});

test('records that are given up are kept, reported and counted', async () => {
  const { source } = streamOf({ [SHARD]: records(4) });
  const { poller, kept, failed } = await start({
    stream: source,
    settings: { maximumRetryAttempts: 0 },
    invoke: async (list) =>
      numbers(list).includes(3) ? { error: { errorType: 'Error', errorMessage: 'no' } } : STORED,
  });
  await poller.drained(4);
  await poller.stop();
  expect(kept.map((discarded) => [numbers(discarded.records), discarded.condition, discarded.attempts])).toEqual([
    [[3], 'RetryAttemptsExhausted', 3],
  ]);
  expect(failed).toEqual([
    { shardId: SHARD, records: 1, condition: 'RetryAttemptsExhausted', location: 's3://failed/key' },
  ]);
  expect([poller.settledRecords, poller.failedRecords]).toEqual([4, 1]);
});

test('a failure that cannot be kept stops the poller, and whoever waits hears of it', async () => {
  const { source } = streamOf({ [SHARD]: records(1) });
  const poller = new StreamPoller({
    mapping: mapping({ maximumRetryAttempts: 0 }),
    stream: source,
    invoke: async () => ({ error: { errorType: 'Error', errorMessage: 'no' } }),
    keepFailed: async () => {
      throw new Error('the bucket is gone');
    },
  });
  const errors: Error[] = [];
  poller.on('error', (error) => errors.push(error));
  await poller.start();
  await expect(poller.drained(1)).rejects.toThrow('the bucket is gone');
  await expect(poller.drained(1)).rejects.toThrow('the bucket is gone');
  expect(errors).toHaveLength(1);
});

test('stopping rejects those who wait for records that have not come', async () => {
  const { poller } = await start({ stream: streamOf({ [SHARD]: [] }).source, invoke: async () => STORED });
  const waiting = poller.drained(1);
  await Promise.all([expect(waiting).rejects.toThrow('the poller was stopped'), poller.stop()]);
});
