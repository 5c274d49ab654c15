import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedError, type ProducerError, UnavailableError } from './errors';
import type { ProducerRecord, Transport } from './transport';

export interface ProducerOptions<R extends ProducerRecord> {
  transport: Transport;
  /** Is given every record that is refused for good; there is no other trace of it. */
  onRefused: (record: R, error: ProducerError) => void;
  /** How long a record may wait for others to share its request, milliseconds. @default 20 */
  lingerMs?: number;
  /** Records that may wait or be on their way, at least as many as a request holds. @default 2000 */
  maxQueuedRecords?: number;
  /** Bytes of them, unless a single record has more. @default 10 MiB */
  maxQueuedBytes?: number;
  /** Requests in a row of which nothing is taken, before the producer gives up: half a minute with the waits between. @default 20 */
  maxFruitlessRequests?: number;
  /** Aborting it ends the producer, when the request that is on its way has been answered; what it holds then is `unsent`. */
  signal?: AbortSignal;
  /** @default node:timers/promises */
  wait?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
  /** From 0 to 1. @default Math.random */
  random?: () => number;
}

/** Longest wait before the first and before any later repetition, milliseconds. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 3_000;

const sleepUnlessAborted = (milliseconds: number, signal?: AbortSignal) => sleep(milliseconds, undefined, { signal });

/**
 * Sends records in the order in which they came, many in a request and one request at a time. Of a request the other side may take some
 * records and not others: those alone are sent again before anything else, after a wait that grows and is random. So records of one
 * partition key keep their order unless one is not taken and another behind it in the same request is. No verdict depends on
 * that order.
 *
 * Every record is taken, given to `onRefused`, or `unsent` after an error. One may be taken twice, when an answer is lost; a duplicate
 * changes nothing.
 */
export class Producer<R extends ProducerRecord = ProducerRecord> {
  /** Records that are on the stream. */
  taken = 0;
  readonly #options: ProducerOptions<R>;
  /** Until a request is answered, nobody knows what of it is unsent: an error is told no sooner. */
  #sending = false;
  readonly #queue: { record: R; bytes: number }[] = [];
  #queuedBytes = 0;
  /** Records that `send` has accepted, and those of them that are taken or refused. */
  #accepted = 0;
  #settled = 0;
  #flushing = 0;
  #lingered = false;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: ProducerOptions<R>) {
    this.#options = options;
    options.signal?.addEventListener('abort', () => this.#fail(options.signal?.reason), { once: true });
    if (options.signal?.aborted) this.#fail(options.signal.reason);
  }

  /** Records that were accepted, and neither taken nor refused. */
  get unsent(): R[] {
    return this.#queue.map(({ record }) => record);
  }

  /**
   * Accepts a record; resolves when there is room for it, which holds back a caller who awaits it.
   *
   * @throws InvalidRecordError when no stream takes it; ClosedError; whatever ended the producer: AccessError, UnavailableError, the
   * signal's reason
   */
  async send(record: R): Promise<void> {
    if (this.#closed) throw new ClosedError();
    const bytes = this.#options.transport.sizeOf(record);
    while (this.#failure === undefined ? !this.#hasRoomFor(bytes) : this.#sending) await this.#change();
    if (this.#failure !== undefined) throw this.#failure;
    this.#queue.push({ record, bytes });
    this.#queuedBytes += bytes;
    this.#accepted++;
    this.#next();
  }

  /** Sends what has been accepted without waiting for more; resolves when all of it is taken or refused. Throws what `send` throws. */
  async flush(): Promise<void> {
    const accepted = this.#accepted;
    this.#flushing++;
    try {
      this.#next();
      while (this.#failure === undefined ? this.#settled < accepted : this.#sending) await this.#change();
    } finally {
      this.#flushing--;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Flushes, and accepts nothing any more. Throws what `flush` throws. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #hasRoomFor(bytes: number): boolean {
    const { maxQueuedRecords = 2_000, maxQueuedBytes = 10 * 1_024 * 1_024 } = this.#options;
    if (this.#queue.length === 0) return true;
    return this.#queue.length < maxQueuedRecords && this.#queuedBytes + bytes <= maxQueuedBytes;
  }

  /** Makes a request if one is due, or sees to it that it will be. */
  #next(): void {
    if (this.#sending || this.#failure !== undefined || this.#queue.length === 0) return;
    const { transport, lingerMs = 20 } = this.#options;
    const { records, bytes } = transport.limits;
    const full = this.#queue.length >= records || this.#queuedBytes >= bytes;
    if (!full && this.#flushing === 0 && !this.#lingered) {
      this.#linger ??= setTimeout(() => {
        this.#lingered = true;
        this.#next();
      }, lingerMs);
      return;
    }
    clearTimeout(this.#linger);
    this.#linger = undefined;
    this.#lingered = false;
    this.#sending = true;
    this.#sendBatch().then(
      () => {
        this.#sending = false;
        this.#next();
        this.#notify();
      },
      (error: Error) => {
        this.#sending = false;
        this.#fail(error);
      },
    );
  }

  /** Sends the first records that wait, as many as a request holds, until every one of them is settled. */
  async #sendBatch(): Promise<void> {
    const { transport, onRefused, signal, maxFruitlessRequests = 20, wait = sleepUnlessAborted } = this.#options;
    const { random = Math.random } = this.#options;
    let open = this.#batchLength();
    for (let fruitless = 0; open > 0; ) {
      if (this.#failure !== undefined) throw this.#failure;
      const batch = this.#queue.slice(0, open);
      const outcomes = await transport.put(batch.map(({ record }) => record));
      const later: typeof batch = [];
      let reason = '';
      for (const [index, item] of batch.entries()) {
        const outcome = outcomes[index] ?? { later: 'no answer' };
        if (outcome === 'taken') this.taken++;
        else if ('refused' in outcome) onRefused(item.record, outcome.refused);
        else {
          later.push(item);
          reason = outcome.later;
          continue;
        }
        this.#settled++;
        this.#queuedBytes -= item.bytes;
      }
      this.#queue.splice(0, open, ...later);
      this.#notify();
      fruitless = later.length < open ? 0 : fruitless + 1;
      open = later.length;
      if (fruitless === maxFruitlessRequests) {
        throw new UnavailableError(
          `${fruitless} requests on end were not taken (${reason}); look at the stream, and send the ${this.#queue.length} unsent records again`,
        );
      }
      if (open > 0) await wait(random() * Math.min(FIRST_WAIT_MS * 2 ** fruitless, LONGEST_WAIT_MS), signal);
    }
  }

  #batchLength(): number {
    const { limits } = this.#options.transport;
    let bytes = 0;
    const end = this.#queue.findIndex((item, index) => {
      bytes += item.bytes;
      return index === limits.records || (index > 0 && bytes > limits.bytes);
    });
    return end === -1 ? this.#queue.length : end;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    clearTimeout(this.#linger);
    this.#notify();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #notify(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
