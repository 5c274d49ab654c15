import { type FeedRecord, type Label, recordOf } from '../records';
import { CUSTOMERS, type Customer, customerAt } from './customers';
import { DEFECTS } from './defects';
import { PATTERNS } from './patterns';
import { PurchaseMaker, type WrittenTransaction } from './purchases';
import { Random } from './random';

/** Ordinary purchases a minute; patterns, copies and broken records make about 1,000 of it. */
const ORDINARY_PER_MINUTE = 940;
/** In this time every pattern starts once, milliseconds. */
const CYCLE_MS = 180_000;
/** Shares of ordinary purchases that arrive late, arrive twice, and are followed by a broken record. */
const LATE = 0.005;
const COPIED = 0.003;
const BROKEN = 0.003;

export interface TrafficOptions {
  /** The same seed and start give the same records. */
  seed: number;
  /** Event time of the first minute, milliseconds since 1970-01-01T00:00:00Z. */
  start: number;
}

type TimedRecord = FeedRecord & { time: number };

/**
 * The traffic of a Japanese shop at about 1,000 transactions a minute, without end: customers with habits, and every
 * fraud pattern once in three minutes, labelled. A record's time is when it is to be put: late ones have an earlier event
 * time. What sells follows the hour in Japan; how much does not, so that any time of day shows the full rate.
 */
export function* generateTraffic({ seed, start }: TrafficOptions): Generator<TimedRecord, never> {
  const random = new Random(seed, 'traffic');
  const maker = new PurchaseMaker(random);
  const waiting: TimedRecord[] = [];
  const patterns = startPatterns(seed, start, maker);
  const schedule = (record: TimedRecord) => {
    const at = waiting.findLastIndex(({ time }) => time <= record.time) + 1;
    waiting.splice(at, 0, record);
  };
  let pattern = patterns.next().value;
  let arrivals = 0;
  for (let now = start; ; now += random.exponential(60_000 / ORDINARY_PER_MINUTE)) {
    const time = Math.floor(now);
    for (; pattern.start <= time; pattern = patterns.next().value) pattern.records.forEach(schedule);
    while (waiting[0] !== undefined && waiting[0].time <= time) yield waiting.shift() as TimedRecord;
    const customer = customerAt(seed, ordinaryCustomer(random), start);
    const record = written(maker.make(customer, time), time);
    if (random.chance(LATE)) schedule({ ...record, time: time + random.integer(2_000, 60_000) });
    else yield record;
    if (random.chance(COPIED)) schedule({ ...record, time: time + random.integer(61_000, 80_000) });
    if (random.chance(BROKEN)) {
      const defect = DEFECTS[arrivals++ % DEFECTS.length] as (typeof DEFECTS)[number];
      const good = maker.make(customerAt(seed, ordinaryCustomer(random), start), time);
      const line = defect.write({ ...good, transactionId: `bad_${arrivals}` });
      yield { ...recordOf(Buffer.from(line)), time };
    }
  }
}

/** The patterns one after the other, in another order every cycle, each with its records in order of time. */
function* startPatterns(
  seed: number,
  start: number,
  maker: PurchaseMaker,
): Generator<{ start: number; records: TimedRecord[] }, never> {
  const random = new Random(seed, 'patterns');
  let next = CUSTOMERS;
  const newCustomer = (): Customer => customerAt(seed, next++, start);
  for (let number = 0, order: string[] = []; ; number++) {
    if (order.length === 0) order = shuffled(Object.keys(PATTERNS), random);
    const name = order.pop() as string;
    const begin = start + Math.floor(((number + 0.5) * CYCLE_MS) / Object.keys(PATTERNS).length);
    const steps = (PATTERNS[name] as (typeof PATTERNS)[string])({ random, start: begin, newCustomer });
    const records = steps.map(({ after, customer, overrides }, i) => {
      const transaction = maker.make(customer, begin + after, overrides);
      const label: Label = {
        transactionId: transaction.transactionId,
        pattern: name,
        completes: i === steps.length - 1,
      };
      return { ...written(transaction, begin + after), label };
    });
    yield { start: begin, records };
  }
}

function written(transaction: WrittenTransaction, time: number): TimedRecord {
  return { data: Buffer.from(JSON.stringify(transaction)), partitionKey: transaction.customerId, time };
}

/** Some buy more often than others. */
function ordinaryCustomer(random: Random): number {
  return Math.floor(CUSTOMERS * random.next() ** 1.2);
}

function shuffled<T>(values: T[], random: Random): T[] {
  const order = values.map((value) => ({ value, rank: random.next() }));
  return order.sort((a, b) => a.rank - b.rank).map(({ value }) => value);
}
