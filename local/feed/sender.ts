import { setTimeout as sleep } from 'node:timers/promises';
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Poller } from '../platform';
import type { FeedRecord } from './records';

/** Records of one PutRecords request (Kinesis's limit). */
const MAX_REQUEST_RECORDS = 500;
/** Bytes of data and partition keys of one PutRecords request (Kinesis's older limit of 5 MB, which every emulator keeps). */
const MAX_REQUEST_BYTES = 5_000_000;
/** Records that wait for their turn: enough to fill a request although a key goes only once into each. */
const MAX_PENDING = 4 * MAX_REQUEST_RECORDS;
/** Requests in a row of which the stream accepts nothing, before the sender gives up. */
const MAX_FRUITLESS_REQUESTS = 10;

const sleepUnlessAborted = (milliseconds: number, signal: AbortSignal) => sleep(milliseconds, undefined, { signal });

export interface SenderOptions {
  kinesis: Pick<KinesisClient, 'send'>;
  streamName: string;
  poller: Pick<Poller, 'settledRecords' | 'once' | 'off'>;
  /** Records that may be in the stream and not yet settled: it bounds memory and latency. */
  maxUnsettled: number;
  signal: AbortSignal;
  /** @default node:timers/promises */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Puts records into the stream, those of one partition key in the order they came.
 *
 * PutRecords may refuse any records of a request and take those behind them, so a key goes only once into each request,
 * and refused records go first into the next one.
 */
export class RecordSender {
  /** Records that the stream has accepted. */
  put = 0;
  #pending: FeedRecord[] = [];
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Takes a record and, when enough of them wait, puts a request.
   *
   * @throws the signal's reason when it aborts while the stream is full; Error when the stream refuses records for good
   */
  async add(record: FeedRecord): Promise<void> {
    this.#pending.push(record);
    if (this.#pending.length >= MAX_PENDING) await this.#request();
  }

  /** Puts everything that waits. Throws as `add` does. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0) await this.#request();
  }

  async #request(): Promise<void> {
    const { signal, wait = sleepUnlessAborted } = this.#options;
    await this.#roomInStream();
    let batch = this.#takeBatch();
    for (let fruitless = 0; batch.length > 0; ) {
      const { Records } = await this.#options.kinesis.send(
        new PutRecordsCommand({
          StreamName: this.#options.streamName,
          Records: batch.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey })),
        }),
      );
      const refused = batch.filter((_, i) => Records?.[i]?.SequenceNumber === undefined);
      this.put += batch.length - refused.length;
      fruitless = refused.length < batch.length ? 0 : fruitless + 1;
      if (fruitless === MAX_FRUITLESS_REQUESTS) {
        const { ErrorCode, ErrorMessage } = Records?.[0] ?? {};
        throw new Error(`the stream refuses records: ${ErrorCode ?? 'no answer'} ${ErrorMessage ?? ''}`.trim());
      }
      if (refused.length > 0) await wait(Math.min(50 * 2 ** fruitless, 2_000), signal);
      batch = refused;
    }
  }

  /** Takes the first waiting record of each key, as far as a request holds them. */
  #takeBatch(): FeedRecord[] {
    const batch: FeedRecord[] = [];
    const rest: FeedRecord[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    for (const record of this.#pending) {
      const size = record.data.byteLength + Buffer.byteLength(record.partitionKey);
      const fits = batch.length < MAX_REQUEST_RECORDS && bytes + size <= MAX_REQUEST_BYTES;
      if (fits && !keys.has(record.partitionKey)) {
        batch.push(record);
        bytes += size;
      } else {
        rest.push(record);
      }
      keys.add(record.partitionKey);
    }
    this.#pending = rest;
    return batch;
  }

  /** Waits until another request does not put more records into the stream than may be unsettled. */
  async #roomInStream(): Promise<void> {
    const { poller, maxUnsettled, signal } = this.#options;
    const request = Math.min(this.#pending.length, MAX_REQUEST_RECORDS);
    while (this.put > 0 && this.put - poller.settledRecords + request > maxUnsettled) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const events = ['batch', 'failed'] as const;
        const done = () => {
          for (const event of events) poller.off(event, done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        for (const event of events) poller.once(event, done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
    signal.throwIfAborted();
  }
}
