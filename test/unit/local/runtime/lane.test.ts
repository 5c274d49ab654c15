import { Lane } from '../../../../local/runtime/lane';
import { numbers, records, T0 } from './fixtures';

function lane(batchSize: number, windowMs: number) {
  const stopping = new AbortController();
  return { lane: new Lane(batchSize, windowMs, stopping.signal), stop: () => stopping.abort() };
}

test('without a window a batch is what has been read', async () => {
  const { lane: open } = lane(10, 0);
  for (const record of records(3)) open.push(record, T0);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([1, 2, 3]);
});

test('a batch has at most its size, and the rest follows in order', async () => {
  const { lane: open } = lane(2, 0);
  for (const record of records(3)) open.push(record, T0);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([1, 2]);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([3]);
});

test('a batch that is not full waits until its first record has waited for the window', async () => {
  const { lane: open } = lane(10, 1_000);
  let now = T0;
  for (const record of records(2)) open.push(record, T0);
  let taken: number[] | undefined;
  const taking = open
    .take(() => now)
    .then((batch) => {
      taken = numbers(batch ?? []);
    });
  now = T0 + 999;
  open.push({ ...(records(3)[2] as ReturnType<typeof records>[0]) }, now);
  await Promise.resolve();
  expect(taken).toBeUndefined();
  now = T0 + 1_000;
  open.push({ ...(records(4)[3] as ReturnType<typeof records>[0]) }, now);
  await taking;
  expect(taken).toEqual([1, 2, 3, 4]);
});

test('a full batch does not wait for the window', async () => {
  const { lane: open } = lane(2, 60_000);
  for (const record of records(2)) open.push(record, T0);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([1, 2]);
});

test('a batch is no longer than an event may be', async () => {
  const { lane: open } = lane(10, 0);
  const data = 'x'.repeat(2 * 1024 * 1024);
  for (const record of records(4, { data })) open.push(record, T0);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([1, 2]);
});

test('a single record goes alone, however long it is', async () => {
  const { lane: open } = lane(10, 0);
  for (const record of records(2, { data: 'x'.repeat(7 * 1024 * 1024) })) open.push(record, T0);
  expect(numbers((await open.take(() => T0)) ?? [])).toEqual([1]);
});

test('a stop ends the wait for records', async () => {
  const { lane: open, stop } = lane(10, 0);
  const taking = open.take(() => T0);
  stop();
  expect(await taking).toBeUndefined();
});
