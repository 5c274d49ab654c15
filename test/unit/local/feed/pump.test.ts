import { pump } from '../../../../local/feed/pump';
import type { FeedItem } from '../../../../local/feed/records';

const START = Date.parse('2026-04-01T00:00:00Z');
const record = (name: string, time?: number): FeedItem => ({ data: Buffer.from(name), partitionKey: name, time });

/** Pumps the items on a clock that only waiting moves, and tells what happened when. */
async function pumped(items: FeedItem[], speed: number | 'max', signal = new AbortController().signal) {
  let now = START;
  const events: string[] = [];
  const labels: unknown[] = [];
  const oversize: unknown[] = [];
  await pump({
    source: items,
    producer: {
      add: async ({ partitionKey }) => void events.push(`${now - START} ${partitionKey}`),
      flush: async () => void events.push('flush'),
    },
    speed,
    signal,
    onOversize: (line) => oversize.push(line),
    onLabel: (label) => labels.push(label),
    now: () => now,
    wait: async (milliseconds) => {
      now += milliseconds;
    },
  });
  return { events, labels, oversize };
}

test('at full speed nothing waits', async () => {
  const { events } = await pumped([record('a', 0), record('b', 1e9)], 'max');
  expect(events).toEqual(['0 a', '0 b', 'flush']);
});

test('records go as far apart as their times are, divided by the speed', async () => {
  const t = START - 1e10;
  const { events } = await pumped([record('a', t), record('b', t + 60_000), record('c', t + 90_000)], 60);
  expect(events).toEqual(['0 a', 'flush', '1000 b', 'flush', '1500 c', 'flush']);
});

test('what is behind, has no time or is just ahead goes at once', async () => {
  const t = START - 1e10;
  const { events } = await pumped([record('a', t), record('b', t - 1_000), record('c'), record('d', t + 4)], 1);
  expect(events).toEqual(['0 a', '0 b', '0 c', '0 d', 'flush']);
});

test('nobody waits for a time that lies in the future', async () => {
  const { events } = await pumped(
    [record('a', START - 1e10), record('b', START + 300_001), record('c', START - 1e10 + 10)],
    1,
  );
  expect(events).toEqual(['0 a', '0 b', 'flush', '10 c', 'flush']);
});

test('a gap longer than a timer can hold is waited for in parts', async () => {
  const month = 31 * 86_400_000;
  const { events } = await pumped([record('a', START - 1e10), record('b', START - 1e10 + month)], 1);
  expect(events).toEqual(['0 a', 'flush', `${month} b`, 'flush']);
});

test('tells of labels and of lines that are too long', async () => {
  const label = { transactionId: 'tx', pattern: 'large-amount', completes: true };
  const { events, labels, oversize } = await pumped(
    [{ line: 7, bytes: 2e6 }, { ...record('a'), label } as FeedItem],
    'max',
  );
  expect({ events, labels, oversize }).toEqual({
    events: ['0 a', 'flush'],
    labels: [label],
    oversize: [{ line: 7, bytes: 2e6 }],
  });
});

test('an abort ends it', async () => {
  await expect(pumped([record('a')], 'max', AbortSignal.abort(new Error('enough')))).rejects.toThrow(
    new Error('enough'),
  );
});
