import type { StreamRecord } from './mapping';

/** Longest event of an invocation, bytes (Lambda quotas), and what a record's other fields add to its data. */
const EVENT_BYTES = 6 * 1024 * 1024;
const RECORD_BYTES = 512;

/** Records of a shard that must be processed in order: a queue that gives them out in batches. */
export class Lane {
  private queue: { record: StreamRecord; readAt: number }[] = [];
  private wake: () => void = () => undefined;

  constructor(
    private readonly batchSize: number,
    private readonly windowMs: number,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  push(record: StreamRecord, readAt: number): void {
    this.queue.push({ record, readAt });
    this.wake();
  }

  /** The next batch: as soon as it is full, or when its first record has waited for the batching window. Undefined after the stop. */
  async take(now: () => number): Promise<StreamRecord[] | undefined> {
    for (;;) {
      if (this.signal.aborted) return undefined;
      const first = this.queue[0];
      const left = first === undefined ? Number.POSITIVE_INFINITY : first.readAt + this.windowMs - now();
      if (left <= 0 || this.queue.length >= this.batchSize) return this.cut();
      await this.changed(left);
    }
  }

  private cut(): StreamRecord[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of this.queue) {
      bytes += record.data.length + record.partitionKey.length + RECORD_BYTES;
      if (count === this.batchSize || (count > 0 && bytes > EVENT_BYTES)) break;
      count++;
    }
    return this.queue.splice(0, count).map(({ record }) => record);
  }

  private changed(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(limitMs) ? setTimeout(() => this.wake(), limitMs) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => undefined;
        resolve();
      };
    });
  }
}
