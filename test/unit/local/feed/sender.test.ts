import { EventEmitter } from 'node:events';
import type { PutRecordsCommand, PutRecordsOutput } from '@aws-sdk/client-kinesis';
import type { FeedRecord } from '../../../../local/feed/records';
import { RecordSender, type SenderOptions } from '../../../../local/feed/sender';
import type { Poller } from '../../../../local/platform';
import type { BatchReport, FailedBatch } from '../../../../local/runtime/reports';

const record = (partitionKey: string, text = partitionKey): FeedRecord => ({ data: Buffer.from(text), partitionKey });

/** A stream that keeps what it accepts; `refuses` says which record of which request it does not. */
class FakeStream {
  readonly requests: string[][] = [];
  readonly accepted: string[] = [];

  constructor(readonly refuses: (text: string, request: number) => boolean = () => false) {}

  send = async ({ input }: PutRecordsCommand): Promise<PutRecordsOutput> => {
    const texts = (input.Records ?? []).map(({ Data }) => Buffer.from(Data as Uint8Array).toString());
    const request = this.requests.push(texts) - 1;
    expect(input.StreamName).toBe('transactions');
    return {
      Records: texts.map((text) => {
        if (this.refuses(text, request))
          return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };
        this.accepted.push(text);
        return { SequenceNumber: '1', ShardId: 'shardId-0' };
      }),
    };
  };
}

class FakePoller extends EventEmitter<{ batch: [BatchReport]; failed: [FailedBatch] }> {
  settledRecords = 0;

  settle(records: number): void {
    this.settledRecords += records;
    this.emit('batch', {} as BatchReport);
  }
}

function senderTo(stream: FakeStream, options: Partial<SenderOptions> = {}): RecordSender {
  return new RecordSender({
    kinesis: stream as never,
    streamName: 'transactions',
    poller: new FakePoller() as unknown as Poller,
    maxUnsettled: 1e9,
    signal: new AbortController().signal,
    ...options,
  });
}

async function sendAll(sender: RecordSender, records: FeedRecord[]): Promise<void> {
  for (const each of records) await sender.add(each);
  await sender.flush();
}

test('puts at most 500 records in a request', async () => {
  const stream = new FakeStream();
  const sender = senderTo(stream);
  const names = Array.from({ length: 2_345 }, (_, i) => `r${i}`);
  await sendAll(
    sender,
    names.map((name) => record(name)),
  );
  expect(stream.requests.map(({ length }) => length)).toEqual([500, 500, 500, 500, 345]);
  expect(stream.accepted).toEqual(names);
  expect(sender.put).toBe(2_345);
});

test('puts at most 5 MB of data and keys in a request', async () => {
  const stream = new FakeStream();
  const sizes = [1_000_000, 1_000_000, 1_000_000, 1_000_000, 999_995, 1];
  await sendAll(
    senderTo(stream),
    sizes.map((size, i) => record(String(i), 'x'.repeat(size))),
  );
  expect(stream.requests.map((texts) => texts.map(({ length }) => length))).toEqual([
    [1_000_000, 1_000_000, 1_000_000, 1_000_000, 999_995],
    [1],
  ]);
});

test('keeps the order of the file, however many records a key has', async () => {
  const stream = new FakeStream();
  const names = Array.from({ length: 3_000 }, (_, i) => `r${i}`);
  await sendAll(
    senderTo(stream),
    names.map((name, i) => record(i % 3 === 0 ? `rare-${i}` : 'busy', name)),
  );
  expect(stream.accepted).toEqual(names);
});

test('puts what the stream refused again before anything else', async () => {
  const stream = new FakeStream((text, request) => request < 2 && text.startsWith('a'));
  const names = ['a1', 'b1', 'a2', ...Array.from({ length: 497 }, (_, i) => `c${i}`), 'd1'];
  await sendAll(
    senderTo(stream),
    names.map((name) => record(name)),
  );
  expect(stream.requests).toEqual([names.slice(0, 500), ['a1', 'a2'], ['a1', 'a2'], ['d1']]);
});

test('a record that does not fit holds back those behind it', async () => {
  const stream = new FakeStream();
  const large = (letter: string) => record(letter, letter.repeat(999_000));
  await sendAll(senderTo(stream), [...[...'abcdef'].map(large), record('g')]);
  expect(stream.requests.map((texts) => texts.map((text) => text[0]).join(''))).toEqual(['abcde', 'fg']);
});

test('gives up when the stream refuses everything ten times in a row', async () => {
  const stream = new FakeStream(() => true);
  const waits: number[] = [];
  const sender = senderTo(stream, { wait: async (milliseconds) => void waits.push(milliseconds) });
  await expect(sendAll(sender, [record('a')])).rejects.toThrow(
    new Error('the stream refuses records: ProvisionedThroughputExceededException slow down'),
  );
  expect(stream.requests).toHaveLength(10);
  expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000]);
});

test('waits while as many records as allowed are unsettled', async () => {
  const stream = new FakeStream();
  const poller = new FakePoller();
  const sender = senderTo(stream, { poller: poller as unknown as Poller, maxUnsettled: 700 });
  const sending = sendAll(
    sender,
    Array.from({ length: 1_200 }, (_, i) => record(`r${i}`)),
  );
  await new Promise(setImmediate);
  expect(sender.put).toBe(500);
  poller.settle(299);
  await new Promise(setImmediate);
  expect(sender.put).toBe(500);
  poller.settle(1);
  await new Promise(setImmediate);
  expect(sender.put).toBe(1_000);
  poller.settle(700);
  await sending;
  expect(sender.put).toBe(1_200);
  expect(poller.listenerCount('batch')).toBe(0);
});

test('an abort ends the wait', async () => {
  const controller = new AbortController();
  const stream = new FakeStream();
  const sending = sendAll(
    senderTo(stream, { maxUnsettled: 500, signal: controller.signal }),
    Array.from({ length: 600 }, (_, i) => record(`r${i}`)),
  );
  await new Promise(setImmediate);
  controller.abort(new Error('enough'));
  await expect(sending).rejects.toThrow(new Error('enough'));
  expect(stream.accepted).toHaveLength(500);
});
