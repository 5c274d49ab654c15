import { EventEmitter } from 'node:events';
import { FeedProducer, type FeedProducerOptions } from '../../../../local/feed/producer';
import type { FeedRecord } from '../../../../local/feed/records';
import type { Poller } from '../../../../local/platform';
import type { BatchReport, FailedBatch } from '../../../../local/runtime/reports';
import { InvalidRecordError, type Outcome, type Transport } from '../../../../producer';

const record = (name: string): FeedRecord => ({ data: Buffer.from(name), partitionKey: name });
const numbered = (count: number) => Array.from({ length: count }, (_, i) => record(`r${i}`));

class FakePoller extends EventEmitter<{ batch: [BatchReport]; failed: [FailedBatch] }> {
  settledRecords = 0;

  settle(records: number): void {
    this.settledRecords += records;
    this.emit('batch', {} as BatchReport);
  }
}

class FakeTransport implements Transport {
  readonly limits = { records: 500, bytes: 5_000_000 };

  constructor(readonly outcome: (name: string) => Outcome = () => 'taken') {}

  sizeOf({ data }: FeedRecord): number {
    if (data.byteLength === 0) throw new InvalidRecordError('data', 'data: 0 bytes');
    return data.byteLength;
  }

  async put(records: readonly FeedRecord[]): Promise<Outcome[]> {
    return records.map(({ partitionKey }) => this.outcome(partitionKey));
  }
}

function producerTo(transport: Transport, poller = new FakePoller(), options: Partial<FeedProducerOptions> = {}) {
  const signal = new AbortController().signal;
  return new FeedProducer({ platform: { transport, poller: poller as unknown as Poller }, signal, ...options });
}

async function sendAll(producer: FeedProducer, records: FeedRecord[]): Promise<void> {
  for (const each of records) await producer.add(each);
  await producer.flush();
}

/** Lets everything happen that needs no further event. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
}

test('waits while as many records as allowed are unsettled', async () => {
  const poller = new FakePoller();
  const producer = producerTo(new FakeTransport(), poller, { maxUnsettled: 700 });
  const sending = sendAll(producer, numbered(1_200));
  await quiet();
  expect(producer.put).toBe(500);
  poller.settle(299);
  await quiet();
  expect(producer.put).toBe(500);
  poller.settle(1);
  await quiet();
  expect(producer.put).toBe(1_000);
  poller.settle(700);
  await sending;
  expect(producer.put).toBe(1_200);
  expect(poller.eventNames()).toEqual([]);
});

test('an abort ends the wait', async () => {
  const controller = new AbortController();
  const poller = new FakePoller();
  const producer = producerTo(new FakeTransport(), poller, { maxUnsettled: 500, signal: controller.signal });
  const sending = sendAll(producer, numbered(600));
  await quiet();
  controller.abort(new Error('enough'));
  await expect(sending).rejects.toThrow(new Error('enough'));
  await quiet();
  expect(producer.put).toBe(500);
  expect(poller.eventNames()).toEqual([]);
});

test('tells of records that are refused, before they are sent and after', async () => {
  const refused: string[] = [];
  const invalid = new InvalidRecordError('amount', 'malformed');
  const transport = new FakeTransport((name) => (name === 'bad' ? { refused: invalid } : 'taken'));
  const producer = producerTo(transport, undefined, {
    onRefused: ({ partitionKey }, { message }) => refused.push(`${partitionKey}: ${message}`),
  });
  await sendAll(producer, [record('a'), record('bad'), record(''), record('b')]);
  expect(refused.sort()).toEqual([': data: 0 bytes', 'bad: malformed']);
  expect(producer.put).toBe(2);
});

test('fails with the refusal where none is expected', async () => {
  const invalid = new InvalidRecordError('amount', 'malformed');
  await expect(sendAll(producerTo(new FakeTransport(() => ({ refused: invalid }))), [record('a')])).rejects.toBe(
    invalid,
  );
  await expect(sendAll(producerTo(new FakeTransport()), [record('')])).rejects.toBeInstanceOf(InvalidRecordError);
});
