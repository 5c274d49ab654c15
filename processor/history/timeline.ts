import type { EntityKind, HistoryRecord } from '../types';
import { packRecord, type RecordOf, unpackRecord } from './record';

/** What a transaction is judged on: 24 hours of event time, milliseconds. */
export const WINDOW_MS = 24 * 3_600_000;
/** How far behind the newest of its entity a transaction may arrive and still be judged on its whole history, milliseconds. */
export const ALLOWED_LATENESS_MS = 3_600_000;

/** First byte of the mark that a trimmed history begins with: no record is of length 0. */
const TRIM_MARK = 0;
/** The mark: a zero, the number of transactions trimmed (6 bytes) and the event time of the last of them (6). */
export const TRIM_MARK_BYTES = 13;
/**
 * A history's watermark is the oldest event time among this many last arrivals: what comes next is not expected to be older
 * by more than the allowed lateness. Misdated records do not move it, and shards or batches that run ahead of others only
 * where none of the others' records is among the last.
 */
const WATERMARK_ARRIVALS = 32;

type Position = Pick<HistoryRecord, 'occurredAt' | 'transactionId'>;

/** The order of transactions: by event time, ties by id. Negative when `a` comes before `b`. */
export function compareTransactions(a: Position, b: Position): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt;
  return a.transactionId < b.transactionId ? -1 : Number(a.transactionId > b.transactionId);
}

/** One entity's history as it was at one moment: its distinct records in order. */
export class Timeline<K extends EntityKind = EntityKind> {
  private constructor(
    private readonly kind: K,
    private readonly packed: Buffer,
    private readonly trimmed: { count: number; through: number },
    private readonly watermark: number,
    private readonly late: ReadonlySet<string>,
    /** Distinct, in order. */
    readonly records: readonly RecordOf[K][],
  ) {}

  /** Reads a packed history: a mark where it was trimmed, then records in order of arrival, some perhaps twice. */
  static parse<K extends EntityKind>(kind: K, packed: Buffer): Timeline<K> {
    const marked = packed.length > 0 && packed[0] === TRIM_MARK;
    const trimmed = marked
      ? { count: packed.readUIntLE(1, 6), through: packed.readUIntLE(7, 6) }
      : { count: 0, through: Number.NEGATIVE_INFINITY };
    const arrivals: RecordOf[K][] = [];
    const late = new Set<string>();
    let newest: Position | undefined;
    let inOrder = true;
    for (let offset = marked ? TRIM_MARK_BYTES : 0; offset < packed.length; offset += packed[offset] as number) {
      const record = unpackRecord(kind, packed, offset);
      arrivals.push(record);
      if (newest === undefined || compareTransactions(newest, record) < 0) newest = record;
      else inOrder = false;
      if (record.occurredAt < newest.occurredAt - ALLOWED_LATENESS_MS) late.add(record.transactionId);
    }
    const watermark = Math.min(...arrivals.slice(-WATERMARK_ARRIVALS).map(({ occurredAt }) => occurredAt));
    const records = inOrder
      ? arrivals
      : arrivals
          .sort(compareTransactions)
          .filter(({ transactionId }, i) => transactionId !== arrivals[i - 1]?.transactionId);
    return new Timeline(kind, packed, trimmed, watermark, late, records);
  }

  /** Distinct transactions ever appended; it only grows, so of two readings the one with the larger count saw more. */
  get appended(): number {
    return this.trimmed.count + this.records.length;
  }

  /** Whether the timeline has the transaction and everything it is to be judged on. */
  covers(transaction: Position): boolean {
    const index = this.indexAfter(transaction) - 1;
    return (
      this.records[index]?.transactionId === transaction.transactionId &&
      this.trimmed.through <= transaction.occurredAt - WINDOW_MS
    );
  }

  /** The distinct transactions of the 24 hours up to the given one, which is left out. */
  before(transaction: Position): readonly RecordOf[K][] {
    const end = this.indexAfter(transaction);
    const own = this.records[end - 1]?.transactionId === transaction.transactionId;
    return this.records.slice(
      this.indexOfFirst((r) => r.occurredAt > transaction.occurredAt - WINDOW_MS),
      own ? end - 1 : end,
    );
  }

  /** The transactions whose own 24 hours hold the given one: what it overtakes when it arrives behind them. */
  after(transaction: Position): readonly RecordOf[K][] {
    const end = this.indexOfFirst((r) => r.occurredAt >= transaction.occurredAt + WINDOW_MS);
    return this.records.slice(this.indexAfter(transaction), end);
  }

  /** Whether the transaction arrived further behind the entity's newest than the allowed lateness. */
  isLate({ transactionId }: Position): boolean {
    return this.late.has(transactionId);
  }

  /**
   * What is left of the history once records that no transaction within the allowed lateness can need are dropped, where
   * they are at least half of it. Event time alone decides, never the clock.
   *
   * @returns the bytes to put in place of the `replaces` that were read, or undefined
   */
  trim(): { packed: Buffer; replaces: Buffer } | undefined {
    const stale = this.indexOfFirst((r) => r.occurredAt > this.watermark - WINDOW_MS - ALLOWED_LATENESS_MS);
    if (stale === 0 || stale * 2 < this.records.length) return undefined;
    const mark = Buffer.alloc(TRIM_MARK_BYTES, TRIM_MARK);
    mark.writeUIntLE(this.trimmed.count + stale, 1, 6);
    mark.writeUIntLE(Math.max(this.trimmed.through, (this.records[stale - 1] as HistoryRecord).occurredAt), 7, 6);
    const kept = this.records.slice(stale).map((record) => packRecord(this.kind, record));
    return { packed: Buffer.concat([mark, ...kept]), replaces: this.packed };
  }

  private indexAfter(transaction: Position): number {
    return this.indexOfFirst((r) => compareTransactions(r, transaction) > 0);
  }

  /** Binary search: `later` is false for a first part of the records and true for the rest. */
  private indexOfFirst(later: (record: RecordOf[K]) => boolean): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (later(this.records[middle] as RecordOf[K])) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
