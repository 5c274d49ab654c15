import type { EntityKind, Transaction, TransactionRef } from '../types';
import { MARK, MARK_BYTES, packRecord, type RecordOf, refOf, unpackRecords } from './record';

/** What a transaction is judged on: 24 hours of event time, milliseconds. */
export const WINDOW_MS = 24 * 3_600_000;

/** For clocks that disagree: event times are up to five minutes ahead of the clock. */
export const SLACK_MS = 300_000;

/** How long an entity's history is kept after its last transaction, milliseconds: nobody needs it any more. */
export function expiryMs(allowedLatenessMs: number): number {
  return WINDOW_MS + allowedLatenessMs + SLACK_MS;
}

/** One entity's history as it was at one moment: its distinct records in order. */
export class Timeline<K extends EntityKind = EntityKind> {
  private constructor(
    readonly kind: K,
    private readonly packed: Buffer,
    private readonly trimmed: { count: number; through: number },
    /** In order of arrival, some perhaps twice. */
    private readonly arrivals: readonly RecordOf[K][],
    private readonly offsets: readonly number[],
    /** Distinct, by event time and `print`. */
    private readonly records: readonly RecordOf[K][],
    private readonly allowedLatenessMs: number,
  ) {}

  /**
   * Reads a packed history: a mark, perhaps, then records in order of arrival.
   *
   * @param allowedLatenessMs how far behind the entity's newest a transaction may arrive without being late, milliseconds;
   * Infinity where the order says nothing about arrival
   */
  static parse<K extends EntityKind>(
    kind: K,
    packed: Buffer,
    allowedLatenessMs = Number.POSITIVE_INFINITY,
  ): Timeline<K> {
    const marked = packed[0] === MARK;
    const trimmed = marked
      ? { count: packed.readUInt32LE(1), through: packed.readUInt16LE(5) * 2 ** 32 + packed.readUInt32LE(7) - 1 }
      : { count: 0, through: Number.NEGATIVE_INFINITY };
    const { records: arrivals, offsets } = unpackRecords(kind, packed, marked ? MARK_BYTES : 0);
    let inOrder = true;
    for (let i = 1; inOrder && i < arrivals.length; i++)
      inOrder = compareRefs(arrivals[i - 1] as TransactionRef, arrivals[i] as TransactionRef) < 0;
    const records = inOrder ? arrivals : distinct(arrivals);
    return new Timeline(kind, packed, trimmed, arrivals, offsets, records, allowedLatenessMs);
  }

  /** Transactions that were ever appended. It only grows, so of two readings the one with the larger count saw more. */
  get appended(): number {
    return this.trimmed.count + this.records.length;
  }

  /** Event time of the newest transaction that was trimmed, milliseconds since 1970-01-01T00:00:00Z; -Infinity for none. */
  get trimmedThrough(): number {
    return this.trimmed.through;
  }

  /** Whether the transaction is there. */
  has(ref: TransactionRef): boolean {
    const found = this.records[this.indexOfFirst((record) => compareRefs(record, ref) >= 0)];
    return found !== undefined && compareRefs(found, ref) === 0;
  }

  /**
   * The transactions of the 24 hours up to the given one, which is left out, by event time, ties by transaction id.
   *
   * @param idOf asked only for transactions that share their event time
   */
  before(transaction: Transaction, idOf: (ref: TransactionRef) => string): readonly RecordOf[K][] {
    const { occurredAt, transactionId } = transaction;
    const from = this.indexOfFirst((record) => record.occurredAt > occurredAt - WINDOW_MS);
    const to = this.indexOfFirst((record) => record.occurredAt >= occurredAt);
    const earlier = this.ordered(from, to, idOf);
    const tied = this.tiedWith(transaction, to, idOf).filter(({ id }) => id < transactionId);
    return tied.length === 0 ? earlier : [...earlier, ...tied.map(({ record }) => record)];
  }

  /** The transactions whose own 24 hours hold the given one: what it overtakes when it arrives behind them; as `before`. */
  after(transaction: Transaction, idOf: (ref: TransactionRef) => string): readonly RecordOf[K][] {
    const { occurredAt, transactionId } = transaction;
    const at = this.indexOfFirst((record) => record.occurredAt >= occurredAt);
    const from = this.indexOfFirst((record) => record.occurredAt > occurredAt);
    const to = this.indexOfFirst((record) => record.occurredAt >= occurredAt + WINDOW_MS);
    const later = this.ordered(from, to, idOf);
    const tied = this.tiedWith(transaction, at, idOf).filter(({ id }) => id > transactionId);
    return tied.length === 0 ? later : [...tied.map(({ record }) => record), ...later];
  }

  /** Whether the transaction first arrived further behind the entity's newest than the allowed lateness. */
  isLate(ref: TransactionRef): boolean {
    const latest = this.records.at(-1)?.occurredAt ?? ref.occurredAt;
    if (ref.occurredAt >= latest - this.allowedLatenessMs) return false;
    let newest = Number.NEGATIVE_INFINITY;
    for (const arrival of this.arrivals) {
      if (compareRefs(arrival, ref) === 0) return ref.occurredAt < newest - this.allowedLatenessMs;
      newest = Math.max(newest, arrival.occurredAt);
    }
    return false;
  }

  /**
   * Puts records that are missing where they would be had they arrived in order of event time.
   *
   * @param missing in order of event time
   * @returns the packed history as it was read, and what to put in its place
   */
  restored(missing: readonly RecordOf[K][]): { from: Buffer; to: Buffer } {
    const { packed, arrivals, offsets } = this;
    const parts = [packed.subarray(0, offsets[0])];
    let next = 0;
    for (const [i, { occurredAt }] of arrivals.entries()) {
      for (; next < missing.length && (missing[next] as TransactionRef).occurredAt < occurredAt; next++)
        parts.push(packRecord(this.kind, missing[next] as RecordOf[K]));
      parts.push(packed.subarray(offsets[i], offsets[i + 1]));
    }
    for (const record of missing.slice(next)) parts.push(packRecord(this.kind, record));
    return { from: packed, to: Buffer.concat(parts) };
  }

  /** Records from one index up to another, ties by transaction id. */
  private ordered(from: number, to: number, idOf: (ref: TransactionRef) => string): readonly RecordOf[K][] {
    const found = this.records.slice(from, to);
    let tied = false;
    for (let i = 1; !tied && i < found.length; i++) tied = found[i - 1]?.occurredAt === found[i]?.occurredAt;
    if (!tied) return found;
    const ids = new Map<RecordOf[K], string>();
    for (const [i, record] of found.entries()) {
      if (record.occurredAt === found[i - 1]?.occurredAt || record.occurredAt === found[i + 1]?.occurredAt)
        ids.set(record, idOf(record));
    }
    return found.sort((a, b) => a.occurredAt - b.occurredAt || compareIds(ids.get(a) as string, ids.get(b) as string));
  }

  /** Others that happened at the transaction's own time, from index `at` on, by transaction id. */
  private tiedWith(transaction: Transaction, at: number, idOf: (ref: TransactionRef) => string) {
    const { occurredAt } = transaction;
    if (this.records[at]?.occurredAt !== occurredAt) return [];
    const { print } = refOf(transaction);
    const tied: { record: RecordOf[K]; id: string }[] = [];
    for (let i = at; this.records[i]?.occurredAt === occurredAt; i++) {
      const record = this.records[i] as RecordOf[K];
      if (record.print !== print) tied.push({ record, id: idOf(record) });
    }
    return tied.sort((a, b) => compareIds(a.id, b.id));
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

function compareRefs(a: TransactionRef, b: TransactionRef): number {
  return a.occurredAt - b.occurredAt || a.print - b.print;
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function distinct<R extends TransactionRef>(arrivals: readonly R[]): R[] {
  const sorted = [...arrivals].sort(compareRefs);
  return sorted.filter((record, i) => i === 0 || compareRefs(sorted[i - 1] as R, record) !== 0);
}
