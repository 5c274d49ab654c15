import { InvalidRecordError, Producer, type ProducerError, type Transport } from '../../producer';
import type { Platform, Poller } from '../platform';
import type { FeedRecord } from './records';

export interface FeedProducerOptions {
  platform: Pick<Platform, 'transport' | 'poller'>;
  signal: AbortSignal;
  /** Records that may be in the stream and not yet settled: it bounds memory and latency. @default any number */
  maxUnsettled?: number;
  /** Hears of records that do not get to the stream. @default fails the producer, since none is expected */
  onRefused?: (record: FeedRecord, error: ProducerError) => void;
}

/** Sends a feed's records to the stack, no faster than it settles them. */
export class FeedProducer {
  readonly #producer: Producer<FeedRecord>;
  readonly #onRefused: (record: FeedRecord, error: ProducerError) => void;

  constructor({ platform, signal, maxUnsettled = Number.POSITIVE_INFINITY, onRefused = fail }: FeedProducerOptions) {
    this.#onRefused = onRefused;
    const transport = bounded(platform.transport, platform.poller, maxUnsettled, signal);
    this.#producer = new Producer({ transport, onRefused, signal });
  }

  /** Records that the stream has accepted. */
  get put(): number {
    return this.#producer.taken;
  }

  /** Takes a record; resolves when there is room for it. Throws what ended the producer. */
  async add(record: FeedRecord): Promise<void> {
    try {
      await this.#producer.send(record);
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      this.#onRefused(record, error);
    }
  }

  /** Resolves when everything is put. Throws what ended the producer. */
  flush(): Promise<void> {
    return this.#producer.flush();
  }

  /** Resolves when nothing is on its way any more, whether all was put or not: `put` is final then. */
  async close(): Promise<void> {
    await this.#producer.close().catch(() => undefined);
  }
}

function fail(_: FeedRecord, error: ProducerError): never {
  throw error;
}

/** The same transport, whose requests wait until they put no more records into the stream than may be unsettled. */
function bounded(transport: Transport, poller: Poller, maxUnsettled: number, signal: AbortSignal): Transport {
  let taken = 0;
  return {
    limits: transport.limits,
    sizeOf: (record) => transport.sizeOf(record),
    async put(records) {
      while (taken > 0 && taken - poller.settledRecords + records.length > maxUnsettled) await progress(poller, signal);
      signal.throwIfAborted();
      const outcomes = await transport.put(records);
      taken += outcomes.filter((outcome) => outcome === 'taken').length;
      return outcomes;
    },
  };
}

/** Resolves when records are settled. @throws the signal's reason */
async function progress(poller: Poller, signal: AbortSignal): Promise<void> {
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
