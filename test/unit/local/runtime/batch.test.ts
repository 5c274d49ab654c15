import { type Attempt, type BatchDependencies, processBatch } from '../../../../local/runtime/batch';
import type { InvokeResult } from '../../../../local/runtime/function';
import type { Mapping, StreamRecord } from '../../../../local/runtime/mapping';
import { mapping, numbers, records, T0 } from './fixtures';

type Answer = (list: number[], call: number) => InvokeResult;

const STORED: InvokeResult = { result: { batchItemFailures: [] } };
const THROWN: InvokeResult = { error: { errorType: 'Error', errorMessage: 'Redis is away' } };

/** A response that names these records as failed. */
function failing(...failed: number[]): InvokeResult {
  const batchItemFailures = failed.map((number) => ({ itemIdentifier: String(number).padStart(6, '0') }));
  return { result: { batchItemFailures } };
}

/** Runs a batch to its end against a function that answers so, on a clock that only `sleep` moves. */
async function run(batch: StreamRecord[], settings: Partial<Mapping>, answer: Answer) {
  const calls: number[][] = [];
  const discarded: { records: number[]; condition: string; attempts: number }[] = [];
  const attempts: Attempt[] = [];
  const pauses: number[] = [];
  let now = T0;
  const dependencies: BatchDependencies = {
    invoke: async (list) => answer(numbers(list), calls.push(numbers(list))),
    discard: async (list, condition, count) => {
      discarded.push({ records: numbers(list), condition, attempts: count });
    },
    report: (attempt) => attempts.push(attempt),
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
      now += ms;
    },
  };
  await processBatch(batch, mapping(settings), dependencies);
  return { calls, discarded, attempts, pauses };
}

test('a batch that the function takes is done after one attempt', async () => {
  const { calls, attempts, discarded } = await run(records(3), {}, () => STORED);
  expect(calls).toEqual([[1, 2, 3]]);
  expect(discarded).toEqual([]);
  expect(attempts).toMatchObject([{ stored: 3, number: 1, outcome: 'stored' }]);
});

test.each([null, {}, { batchItemFailures: null }, 'ok'])('a response of %j means success', async (result) => {
  const { calls } = await run(records(2), {}, () => ({ result }));
  expect(calls).toEqual([[1, 2]]);
});

test('bisecting isolates the one record that makes the function throw, and does not use up its retries', async () => {
  const { calls, discarded } = await run(records(4), { maximumRetryAttempts: 1 }, (list) =>
    list.includes(3) ? THROWN : STORED,
  );
  expect(calls).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]);
  expect(discarded).toEqual([{ records: [3], condition: 'RetryAttemptsExhausted', attempts: 4 }]);
});

test('the first half of an odd batch is the longer one', async () => {
  const { calls } = await run(records(3), {}, (_list, call) => (call === 1 ? THROWN : STORED));
  expect(calls).toEqual([[1, 2, 3], [1, 2], [3]]);
});

test('without bisecting the whole batch is retried, then given up whole', async () => {
  const settings = { bisectBatchOnFunctionError: false, maximumRetryAttempts: 2 };
  const { calls, discarded, pauses } = await run(records(2), settings, () => THROWN);
  expect(calls).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(discarded).toEqual([{ records: [1, 2], condition: 'RetryAttemptsExhausted', attempts: 3 }]);
  expect(pauses).toEqual([100, 200]);
});

test('a failure that passes is retried until the function takes the batch', async () => {
  const settings = { bisectBatchOnFunctionError: false, maximumRetryAttempts: -1 };
  const { discarded, pauses, attempts } = await run(records(1), settings, (_list, call) =>
    call <= 10 ? THROWN : STORED,
  );
  expect(discarded).toEqual([]);
  expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  expect(attempts.at(-1)).toMatchObject({ number: 11, outcome: 'stored' });
});

test('a partial response settles what precedes the lowest failed record and retries from there', async () => {
  const { calls, attempts } = await run(records(5), {}, (_list, call) => (call === 1 ? failing(4, 3) : STORED));
  expect(calls).toEqual([
    [1, 2, 3, 4, 5],
    [3, 4, 5],
  ]);
  expect(attempts).toMatchObject([
    { stored: 2, outcome: 'partial' },
    { stored: 3, outcome: 'stored', number: 2 },
  ]);
});

test('retries count anew when another record is the first to fail', async () => {
  const failures = [failing(2), failing(2), failing(3), failing(3), STORED];
  const { calls, discarded } = await run(
    records(3),
    { maximumRetryAttempts: 1 },
    (_list, call) => failures[call - 1] as InvokeResult,
  );
  expect(calls).toEqual([[1, 2, 3], [2, 3], [2, 3], [3], [3]]);
  expect(discarded).toEqual([]);
});

test('a record that the function always names is given up with those behind it', async () => {
  const { discarded } = await run(records(3), { maximumRetryAttempts: 2 }, (list) =>
    list.includes(2) ? failing(2) : STORED,
  );
  expect(discarded).toEqual([{ records: [2, 3], condition: 'RetryAttemptsExhausted', attempts: 4 }]);
});

test.each([[[{ itemIdentifier: 'unknown' }]], [[{ itemIdentifier: '' }]], [[{}]], [[null]]])(
  'a response that names %j fails the whole batch',
  async (batchItemFailures) => {
    const { calls, attempts } = await run(records(2), {}, (_list, call) =>
      call === 1 ? { result: { batchItemFailures } } : STORED,
    );
    expect(calls).toEqual([[1, 2], [1], [2]]);
    expect(attempts[0]).toMatchObject({ stored: 0, outcome: 'error' });
  },
);

test('a mapping that does not report batch item failures takes any response for success', async () => {
  const { calls } = await run(records(2), { reportBatchItemFailures: false }, () => failing(1));
  expect(calls).toEqual([[1, 2]]);
});

test('records over the maximum age are given up unseen, the others are tried', async () => {
  const [old, young] = records(2) as [StreamRecord, StreamRecord];
  const batch = [
    { ...old, arrival: T0 - 60_001 },
    { ...young, arrival: T0 - 60_000 },
  ];
  const { calls, discarded } = await run(batch, { maximumRecordAgeInSeconds: 60 }, () => STORED);
  expect(calls).toEqual([[2]]);
  expect(discarded).toEqual([{ records: [1], condition: 'MaximumRecordAgeExceeded', attempts: 0 }]);
});

test('retries end when the record has grown too old', async () => {
  const settings = { maximumRecordAgeInSeconds: 60, maximumRetryAttempts: -1 };
  const { discarded, pauses } = await run(records(1), settings, () => THROWN);
  expect(discarded).toEqual([{ records: [1], condition: 'MaximumRecordAgeExceeded', attempts: pauses.length }]);
});
