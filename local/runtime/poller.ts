import { hash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attempt, type BatchDependencies, processBatch } from './batch';
import type { Discarded } from './failure-destination';
import type { InvokeResult } from './function';
import { Lane } from './lane';
import type { Mapping, StreamRecord } from './mapping';
import type { BatchReport, FailedBatch } from './reports';
import type { ShardReader, StreamSource } from './stream';

/** How long an empty shard is left alone, milliseconds. */
const IDLE_MS = 50;
/** Failed reads in a row after which the stream counts as unreadable, and the pause between them, milliseconds. */
const READ_ATTEMPTS = 5;
const READ_PAUSE_MS = 500;

export interface PollerOptions {
  mapping: Mapping;
  stream: StreamSource;
  /** Calls the function with these records of a shard. */
  invoke(records: readonly StreamRecord[], shardId: string): Promise<InvokeResult>;
  /** Keeps records that are given up. @returns where; undefined when the mapping has no destination */
  keepFailed(discarded: Discarded): Promise<string | undefined>;
}

/**
 * Reads a stream and calls a function, as Lambda's event source mapping does. Each shard has as many lanes as the parallelization
 * factor; a partition key always takes the same lane, so its records keep their order. At most two batches a lane are held in memory:
 * a shard is read no faster than its records are settled.
 */
export class StreamPoller extends EventEmitter<{ batch: [BatchReport]; failed: [FailedBatch]; error: [Error] }> {
  settledRecords = 0;
  failedRecords = 0;
  private readonly stopping = new AbortController();
  private readonly waiters = new Set<{ records: number; resolve: () => void; reject: (error: Error) => void }>();
  private work: Promise<unknown> = Promise.resolve();
  private failure: Error | undefined;

  constructor(private readonly options: PollerOptions) {
    super();
  }

  /** Takes its position in every shard; resolves when what is put from now on will be read. */
  async start(): Promise<void> {
    const { stream, mapping } = this.options;
    const shards = await stream.shards();
    const readers = await Promise.all(shards.map((shardId) => stream.reader(shardId, mapping.startingPosition)));
    const running = shards.map((shardId, index) => this.poll(shardId, readers[index] as ShardReader));
    this.work = Promise.all(running).catch((error: Error) => this.fail(error));
  }

  drained(expectedRecords: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiters.add({ records: expectedRecords, resolve, reject });
      this.wakeWaiters();
    });
  }

  /** Stops reading and waits for the attempts under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.work;
    this.fail(new Error('the poller was stopped'));
  }

  /** Stops for good; who waits hears why, and so does `error`. */
  fail(error: Error): void {
    const first = this.failure === undefined;
    this.failure ??= error;
    for (const { reject } of this.waiters) reject(this.failure);
    this.waiters.clear();
    if (first && !this.stopping.signal.aborted) {
      this.stopping.abort();
      this.emit('error', error);
    }
  }

  private async poll(shardId: string, reader: ShardReader): Promise<void> {
    const { batchSize, batchingWindowMs, parallelizationFactor } = this.options.mapping;
    const { signal } = this.stopping;
    const lanes = Array.from({ length: parallelizationFactor }, () => new Lane(batchSize, batchingWindowMs, signal));
    const room = new Room(2 * batchSize * parallelizationFactor, signal);
    await Promise.all([this.read(reader, lanes, room), ...lanes.map((lane) => this.drain(lane, shardId, room))]).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
  }

  private async read(reader: ShardReader, lanes: Lane[], room: Room): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      const free = await room.available();
      if (free === 0) return;
      try {
        const records = await reader.read(free);
        if (records === undefined) return;
        failures = 0;
        room.take(records.length);
        const readAt = Date.now();
        for (const record of records) lanes[laneOf(record.partitionKey, lanes.length)]?.push(record, readAt);
        if (records.length === 0) await delay(IDLE_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (++failures === READ_ATTEMPTS)
          throw new Error(`the stream cannot be read: ${(error as Error).message}`, { cause: error });
        await delay(READ_PAUSE_MS, undefined, { signal });
      }
    }
  }

  private async drain(lane: Lane, shardId: string, room: Room): Promise<void> {
    const { mapping, invoke, keepFailed } = this.options;
    const { signal } = this.stopping;
    const settle = (records: number) => {
      room.give(records);
      this.settledRecords += records;
      this.wakeWaiters();
    };
    const dependencies: BatchDependencies = {
      invoke: (records) => {
        signal.throwIfAborted();
        return invoke(records, shardId);
      },
      discard: async (records, condition, attempts) => {
        const location = await keepFailed({ records, shardId, condition, attempts, at: new Date() });
        this.failedRecords += records.length;
        this.emit('failed', { shardId, records: records.length, condition, location });
        settle(records.length);
      },
      report: (attempt) => {
        this.emit('batch', batchReport(attempt, shardId));
        settle(attempt.stored);
      },
      now: Date.now,
      sleep: (ms) => delay(ms, undefined, { signal }),
    };
    for (;;) {
      const batch = await lane.take(Date.now);
      if (batch === undefined) return;
      await processBatch(batch, mapping, dependencies);
    }
  }

  private wakeWaiters(): void {
    for (const waiter of this.waiters) {
      if (this.settledRecords < waiter.records) continue;
      this.waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

/** Counts the records that may still be held. */
class Room {
  private held = 0;
  private wake: () => void = () => undefined;

  constructor(
    private readonly limit: number,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.wake(), { once: true });
  }

  /** How many more records may be held: at least one, or none after the stop. */
  async available(): Promise<number> {
    while (this.held >= this.limit && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.signal.aborted ? 0 : this.limit - this.held;
  }

  take(records: number): void {
    this.held += records;
  }

  give(records: number): void {
    this.held -= records;
    this.wake();
  }
}

function laneOf(partitionKey: string, lanes: number): number {
  return lanes === 1 ? 0 : Number.parseInt(hash('md5', partitionKey).slice(0, 8), 16) % lanes;
}

function batchReport(attempt: Attempt, shardId: string): BatchReport {
  const { records, stored, number, durationMs, endedAt, outcome, error } = attempt;
  const first = records[0] as StreamRecord;
  const last = records.at(-1) as StreamRecord;
  return {
    shardId,
    records: records.length,
    stored,
    attempt: number,
    durationMs,
    firstSequenceNumber: first.sequenceNumber,
    lastSequenceNumber: last.sequenceNumber,
    oldestArrival: first.arrival,
    endedAt,
    latenciesMs: records.slice(0, stored).map((record) => endedAt - record.arrival),
    outcome,
    ...(error !== undefined && { error }),
  };
}
