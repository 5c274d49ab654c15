import type { EntityKind, NamedRef, TransactionRef } from '../types';
import { MARK, MARK_BYTES, packRecord, type RecordOf, unpackRecords } from './record';

/** What a transaction is judged on: 24 hours of event time, milliseconds. */
export const WINDOW_MS = 24 * 3_600_000;

/** For clocks that disagree: event times are up to five minutes ahead of the clock. */
export const SLACK_MS = 300_000;

/** How long an entity's history is kept after its last transaction, milliseconds: nobody needs it any more. */
export function expiryMs(allowedLatenessMs: number): number {
  return WINDOW_MS + allowedLatenessMs + SLACK_MS;
}

/** The id of a transaction that a history names, '' while it is not known. */
type IdOf = (ref: TransactionRef) => string;

/** One entity's history as it was at one moment: its distinct records in order. */
export class Timeline<K extends EntityKind = EntityKind> {
  private constructor(
    readonly kind: K,
    private readonly packed: Buffer,
    private readonly trimmed: { count: number; through: number },
    /** In order of arrival, some perhaps twice. */
    private readonly arrivals: readonly RecordOf[K][],
    private readonly offsets: readonly number[],
    /** Distinct, by event time; those of one time by transaction id, or by `print` where `tied` has them. */
    private readonly records: RecordOf[K][],
    /** Where in `records` those of one time begin whose ids are not known yet. */
    private tied: readonly number[],
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
      inOrder = (arrivals[i - 1] as TransactionRef).occurredAt < (arrivals[i] as TransactionRef).occurredAt;
    const records = inOrder ? arrivals : distinct(arrivals);
    const tied = inOrder ? [] : tiesOf(records);
    return new Timeline(kind, packed, trimmed, arrivals, offsets, records, tied, allowedLatenessMs);
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
  has({ occurredAt, print }: TransactionRef): boolean {
    for (let i = this.indexOf(occurredAt); this.records[i]?.occurredAt === occurredAt; i++)
      if (this.records[i]?.print === print) return true;
    return false;
  }

  /**
   * The transactions of the 24 hours up to the given one, which is left out, by event time, ties by transaction id.
   *
   * @param idOf asked only for transactions that share their event time; the order is not right while it answers ''
   */
  before(transaction: NamedRef, idOf: IdOf): readonly RecordOf[K][] {
    const [end] = this.placeOf(transaction, idOf);
    return this.slice(this.indexOf(transaction.occurredAt - WINDOW_MS + 1), end, idOf);
  }

  /** The transactions whose own 24 hours hold the given one: what it overtakes when it arrives behind them; as `before`. */
  after(transaction: NamedRef, idOf: IdOf): readonly RecordOf[K][] {
    const [, start] = this.placeOf(transaction, idOf);
    if (start === this.records.length) return [];
    return this.slice(start, this.indexOf(transaction.occurredAt + WINDOW_MS), idOf);
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

  /** Where the records before a transaction end, and where those after it begin. */
  private placeOf({ occurredAt, print, transactionId }: NamedRef, idOf: IdOf): [end: number, start: number] {
    const { records } = this;
    const last = records.length - 1;
    // Nearly every transaction is its entity's newest.
    if (records[last]?.print === print && records[last].occurredAt === occurredAt) {
      if (last === 0 || (records[last - 1] as TransactionRef).occurredAt < occurredAt) return [last, last + 1];
    }
    const first = this.indexOf(occurredAt);
    const next = this.indexOf(occurredAt + 1);
    if (next === first) return [first, first];
    if (next === first + 1 && records[first]?.print === print) return [first, next];
    const moment = this.slice(first, next, idOf);
    const end = first + moment.filter((record) => record.print !== print && idOf(record) < transactionId).length;
    return [end, end + Number(moment.some((record) => record.print === print))];
  }

  /** Records from one index up to another, once those of one time are in the order of their ids. */
  private slice(from: number, to: number, idOf: IdOf): readonly RecordOf[K][] {
    if (this.tied.length > 0) this.tied = this.tied.filter((at) => at < from || at >= to || !this.order(at, idOf));
    return this.records.slice(from, to);
  }

  /** Puts the records of one time in the order of their ids. @returns whether all were known */
  private order(at: number, idOf: IdOf): boolean {
    const moment = this.records.slice(at, this.indexOf((this.records[at] as TransactionRef).occurredAt + 1));
    const named = moment.map((record) => ({ record, id: idOf(record) }));
    if (named.some(({ id }) => id === '')) return false;
    named.sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
    for (const [i, { record }] of named.entries()) this.records[at + i] = record;
    return true;
  }

  /** Index of the first record that happened at a time or later, by binary search. */
  private indexOf(occurredAt: number): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.records[middle] as TransactionRef).occurredAt >= occurredAt) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function compareRefs(a: TransactionRef, b: TransactionRef): number {
  return a.occurredAt - b.occurredAt || a.print - b.print;
}

function distinct<R extends TransactionRef>(arrivals: readonly R[]): R[] {
  const sorted = [...arrivals].sort(compareRefs);
  return sorted.filter((record, i) => i === 0 || compareRefs(sorted[i - 1] as R, record) !== 0);
}

/** Where records of one time begin, of those that are not the only one. */
function tiesOf(records: readonly TransactionRef[]): number[] {
  const starts: number[] = [];
  for (let i = 1; i < records.length; i++) {
    const tied = records[i]?.occurredAt === records[i - 1]?.occurredAt;
    if (tied && records[i - 2]?.occurredAt !== records[i]?.occurredAt) starts.push(i - 1);
  }
  return starts;
}
