import { setTimeout as sleep } from 'node:timers/promises';
import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { Poller } from '../platform';
import type { FeedRecord } from './records';

/** Records of one PutRecords request (Kinesis's limit). */
const MAX_REQUEST_RECORDS = 500;
/** Bytes of data and partition keys of one PutRecords request (Kinesis's older limit of 5 MB, which every emulator keeps). */
const MAX_REQUEST_BYTES = 5_000_000;
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
 * Puts records into the stream in the order they came. Of a request the stream may refuse any records and take those behind
 * them; what it refused is put again before anything else.
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
    if (this.#pending.length >= MAX_REQUEST_RECORDS) await this.#request();
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

  /** Takes the first records that wait, as many as a request holds. */
  #takeBatch(): FeedRecord[] {
    let bytes = 0;
    let count = 0;
    for (const { data, partitionKey } of this.#pending) {
      bytes += data.byteLength + Buffer.byteLength(partitionKey);
      if (count === MAX_REQUEST_RECORDS || bytes > MAX_REQUEST_BYTES) break;
      count++;
    }
    return this.#pending.splice(0, count);
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
